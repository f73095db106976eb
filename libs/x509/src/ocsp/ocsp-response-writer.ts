import { extension } from '../certificate/extension-writer.js';
import { type CrlReason, crlReasons } from '../crl/crl-reason.js';
import {
  constructedContextTag,
  contextTag,
  der,
  derBitString,
  derGeneralizedTime,
  derOctetString,
  derOid,
  derSequence,
  oid,
  tag,
} from '../der/index.js';
import { type SignatureAlgorithm, signatureAlgorithmDer } from '../signature/signature-algorithm.js';

/** What is said of one certificate (RFC 6960 §2.2). */
export type OcspStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'revoked';
      /** Epoch milliseconds. */
      readonly revokedAt: number;
      /** `unspecified` is left out. */
      readonly reason: CrlReason;
    };

/** One SingleResponse (RFC 6960 §4.2.1). Times are epoch milliseconds, rounded down to seconds. */
export interface SingleResponse {
  /** The CertID as it was asked. */
  readonly certId: Uint8Array;
  readonly status: OcspStatus;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

export interface OcspResponseSpec {
  /** SHA-1 of the responder's public key (RFC 6960 §4.2.1, byKey). */
  readonly responderKeyHash: Uint8Array;
  /** Epoch milliseconds, rounded down to seconds. */
  readonly producedAt: number;
  readonly responses: readonly SingleResponse[];
  /** Repeats the request's. */
  readonly nonce?: Uint8Array | undefined;
}

/** ResponseData (RFC 6960 §4.2.1): what the responder signs. */
export function ocspResponseTbs(spec: OcspResponseSpec): Buffer {
  const extensions =
    spec.nonce === undefined
      ? []
      : [der(constructedContextTag(1), derSequence(extension(oid.ocspNonce, derOctetString(spec.nonce))))];
  return derSequence(
    der(constructedContextTag(2), derOctetString(spec.responderKeyHash)),
    derGeneralizedTime(spec.producedAt),
    derSequence(...spec.responses.map(singleResponse)),
    ...extensions,
  );
}

function singleResponse({ certId, status, thisUpdate, nextUpdate }: SingleResponse): Buffer {
  return derSequence(
    certId,
    certStatus(status),
    derGeneralizedTime(thisUpdate),
    der(constructedContextTag(0), derGeneralizedTime(nextUpdate)),
  );
}

function certStatus(status: OcspStatus): Buffer {
  switch (status.kind) {
    case 'good':
      return der(contextTag(0));
    case 'unknown':
      return der(contextTag(2));
    case 'revoked': {
      const reason =
        status.reason === crlReasons.unspecified
          ? []
          : [der(constructedContextTag(0), der(tag.enumerated, Buffer.from([status.reason])))];
      return der(constructedContextTag(1), derGeneralizedTime(status.revokedAt), ...reason);
    }
  }
}

/** The responder's part of a signed response. */
export interface OcspSignature {
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  /** The delegated responder's certificate, in DER. */
  readonly responderCertificate: Uint8Array;
}

const successful = der(tag.enumerated, Buffer.from([0]));
const basicType = derOid(oid.ocspBasic);

/** A successful OCSPResponse around ResponseData, with the responder's certificate. */
export function assembleOcspResponse(tbs: Uint8Array, signed: OcspSignature): Buffer {
  const basic = derSequence(
    tbs,
    signatureAlgorithmDer(signed.algorithm),
    derBitString(signed.signature),
    der(constructedContextTag(0), derSequence(signed.responderCertificate)),
  );
  const bytes = derSequence(basicType, derOctetString(basic));
  return derSequence(successful, der(constructedContextTag(0), bytes));
}

/** OCSPResponseStatus other than successful (RFC 6960 §4.2.1). */
export const ocspErrors = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;
export type OcspErrorName = keyof typeof ocspErrors;

/** An OCSPResponse that says why there is none; it is not signed. */
export function ocspErrorResponse(error: OcspErrorName): Buffer {
  return derSequence(der(tag.enumerated, Buffer.from([ocspErrors[error]])));
}
