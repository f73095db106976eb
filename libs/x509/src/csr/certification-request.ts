import { DerReader } from '../der/index.js';
import type { SubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import type { SignatureScheme } from '../signature/signature-algorithm.js';
import { decodeGeneralNames, type GeneralName } from './general-names.js';

/** The parts of a request as they were parsed. The byte arrays share memory with the request. */
export interface CertificationRequestParts {
  readonly der: Uint8Array;
  /** CertificationRequestInfo: what the signature covers. */
  readonly tbs: Uint8Array;
  /** The Subject, a Name in DER. */
  readonly subjectDer: Uint8Array;
  readonly spki: SubjectPublicKeyInfo;
  /** GeneralNames in DER, where the request has a subjectAltName. */
  readonly sanDer: Uint8Array | undefined;
  readonly signatureScheme: SignatureScheme;
  readonly signature: Uint8Array;
}

/** A PKCS#10 request (RFC 2986 §4) in strict DER, whose extensions ask for nothing that is refused. */
export class CertificationRequest implements CertificationRequestParts {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly subjectDer: Uint8Array;
  readonly spki: SubjectPublicKeyInfo;
  readonly sanDer: Uint8Array | undefined;
  readonly signatureScheme: SignatureScheme;
  readonly signature: Uint8Array;

  constructor(parts: CertificationRequestParts) {
    this.der = parts.der;
    this.tbs = parts.tbs;
    this.subjectDer = parts.subjectDer;
    this.spki = parts.spki;
    this.sanDer = parts.sanDer;
    this.signatureScheme = parts.signatureScheme;
    this.signature = parts.signature;
  }

  /** The names asked for, in order; decoded when asked, since most requests are only copied. */
  get subjectAltNames(): GeneralName[] {
    return this.sanDer === undefined ? [] : decodeGeneralNames(new DerReader(this.sanDer));
  }
}
