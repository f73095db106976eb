import { create, toBinary } from '@bufbuild/protobuf';
import { IssuedSchema } from '#libs/contracts';
import { type CertificateBlock, unpackCertificates } from './certificate-block.js';

/**
 * Says in an encoded `stackrunner.event.v1.Issued` which scoped credential minted its certificates. Encodings
 * that follow one another are one message, so what the worker wrote stays as it is.
 */
export function withMinting(issued: Uint8Array, credentialId: string, block: CertificateBlock): Uint8Array {
  const serials = unpackCertificates(block).map(({ serial }) => serial);
  const minting = create(IssuedSchema, { mintings: [{ credentialId, serials }] });
  return Buffer.concat([issued, toBinary(IssuedSchema, minting)]);
}
