import { create, toBinary } from '@bufbuild/protobuf';
import { IssuedSchema, LeafProfile } from '#libs/contracts';
import { type CertificateBlock, unpackCertificates } from './certificate-block.js';

/** As what certificates of each profile were issued, in events; nothing is said of a plain mint. */
const profileNames: Readonly<Record<LeafProfile, string>> = {
  [LeafProfile.UNSPECIFIED]: '',
  [LeafProfile.SIGN_LEAF]: 'sign-leaf',
  [LeafProfile.CROSS_SIGN]: 'cross-sign',
  [LeafProfile.FREE]: 'free',
  [LeafProfile.BIRTH]: 'birth-cert',
};

/** Who asked for the certificates of a request, and as what. */
export interface IssuedOrigin {
  /** UUID of the scoped credential; empty for the master bearer. */
  readonly credentialId: string;
  readonly profile: LeafProfile;
}

/**
 * Says in an encoded `stackrunner.event.v1.Issued` which scoped credential minted its certificates, and as what they
 * were issued. Encodings that follow one another are one message, so what the worker wrote stays as it is; of a plain
 * mint by the master bearer it says all there is.
 */
export function withOrigin(
  issued: Uint8Array,
  { credentialId, profile }: IssuedOrigin,
  block: CertificateBlock,
): Uint8Array {
  const name = profileNames[profile];
  if (credentialId === '' && name === '') return issued;
  const serials = unpackCertificates(block).map(({ serial }) => serial);
  const origin = create(IssuedSchema, {
    mintings: credentialId === '' ? [] : [{ credentialId, serials }],
    profiled: name === '' ? [] : [{ profile: name, serials }],
  });
  return Buffer.concat([issued, toBinary(IssuedSchema, origin)]);
}

/** The encoding of the same event for a certificate of an OCSP responder. */
export function responderOrigin(serial: Uint8Array): Uint8Array {
  const profiled = [{ profile: 'ocsp-responder', serials: [serial] }];
  return toBinary(IssuedSchema, create(IssuedSchema, { profiled }));
}
