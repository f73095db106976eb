import { crlShardOf } from '../crl/crl-shard.js';
import type { CertificationRequest } from '../csr/certification-request.js';
import { commonNames } from '../csr/common-names.js';
import type { GeneralName } from '../csr/general-names.js';
import { isDnsName } from '../csr/name-syntax.js';
import {
  constructedContextTag,
  contextTag,
  der,
  derBoolean,
  derIa5String,
  derNull,
  derOid,
  derSequence,
  derTime,
  derUnsignedInteger,
  headerLength,
  oid,
  tag,
  writeHeader,
} from '../der/index.js';
import { keyIdentifierLength, sha256 } from '../digest.js';
import { nameDer } from '../name/name-writer.js';
import { type SignatureAlgorithm, signatureAlgorithmDer } from '../signature/signature-algorithm.js';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  extension,
  extKeyUsage,
  keyUsage,
  keyUsageBit,
  subjectKeyIdentifier,
} from './extension-writer.js';
import { parseCertificate } from './parse-certificate.js';

/**
 * Whose names a leaf carries: Subject of the authority and subjectAltName of the request; both of the authority
 * (specification 2, `sign-leaf`); both of the request, to the byte (`cross-sign`).
 */
export type LeafNames = 'requested' | 'own' | 'verbatim';

/** All that the leaves of one authority have in common. */
export interface LeafAuthority {
  /** The issuing CA's certificate: its subject becomes the issuer, its SKI the AKI. */
  readonly certificateDer: Uint8Array;
  readonly subjectCommonName: string;
  /** One a shard of the CRL; a leaf names the one of its serial number, see `crlShardOf`. */
  readonly crlUrls: readonly string[];
  /** Leaves whose whole validity is below, in milliseconds, name neither CRL nor OCSP; 0 for none. */
  readonly shortLivedMs?: number;
  readonly ocspUrl: string;
  readonly caIssuersUrl: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Default `requested`. */
  readonly names?: LeafNames;
}

/** Everything in the extensions but the SAN, ending in the 20 octets of an SKI, by what the key may do. */
interface CommonExtensions {
  readonly signing: Buffer;
  readonly enciphering: Buffer;
}

const version3 = der(constructedContextTag(0), derUnsignedInteger(Buffer.from([2])));
const sanOid = derOid(oid.subjectAltName);
const criticalSanOid = Buffer.concat([sanOid, derBoolean(true)]);
const emptyName = 2;

/**
 * Leaves of one authority, put together from parts that were encoded once; a leaf costs a few copies.
 *
 * RFC 5280 §4.1, with BasicConstraints, KeyUsage by the key's type (§4.2.1.3, RFC 8410 §5), ExtendedKeyUsage for
 * server and client, AKI, SKI (RFC 7093 §2 method 1), CDP, AIA and the request's names. A short-lived leaf has
 * noRevAvail (RFC 9608 §2) in place of CDP and OCSP.
 */
export class LeafTemplate {
  /** Signature algorithm and issuer. */
  private readonly issuing: Buffer;
  private readonly subject: Buffer;
  private readonly subjectCommonName: string;
  /** One a shard of the CRL. */
  private readonly shards: readonly CommonExtensions[];
  private readonly shortLived: CommonExtensions;
  private readonly shortLivedMs: number;
  /** GeneralNames with the subject's name, for requests without a name. */
  private readonly ownName: Buffer;
  private readonly names: LeafNames;
  private lastValidity: { notBefore: number; notAfter: number; der: Buffer } | undefined;

  /**
   * @throws CertificateError when the authority's certificate cannot be read
   * @throws RangeError when it has no subject key identifier, or the common name is too long
   */
  constructor(authority: LeafAuthority) {
    const issuer = parseCertificate(authority.certificateDer);
    const { subjectKeyIdentifier: issuerKeyIdentifier } = issuer;
    if (issuerKeyIdentifier === undefined) throw new RangeError('the issuer has no subject key identifier');
    this.names = authority.names ?? 'requested';
    this.issuing = Buffer.concat([signatureAlgorithmDer(authority.signatureAlgorithm), issuer.subject]);
    this.subjectCommonName = authority.subjectCommonName;
    this.subject = nameDer({ commonName: authority.subjectCommonName });
    this.ownName = derSequence(derIa5String(authority.subjectCommonName, contextTag(2)));
    const common = (pointers: readonly Buffer[]): CommonExtensions => {
      const extensions = (usages: readonly number[]): Buffer =>
        Buffer.concat([
          basicConstraints(false),
          keyUsage(usages),
          extKeyUsage([oid.serverAuth, oid.clientAuth]),
          authorityKeyIdentifier(issuerKeyIdentifier),
          ...pointers,
          subjectKeyIdentifier(Buffer.alloc(keyIdentifierLength)),
        ]);
      return {
        signing: extensions([keyUsageBit.digitalSignature]),
        // Only RSA enciphers keys (RFC 5480 §3 forbids keyEncipherment for EC, RFC 8410 §5 for Ed25519).
        enciphering: extensions([keyUsageBit.digitalSignature, keyUsageBit.keyEncipherment]),
      };
    };
    const { caIssuersUrl, crlUrls } = authority;
    if (crlUrls.length === 0) throw new RangeError('the authority has no CRL');
    this.shards = crlUrls.map((url) => common([crlDistributionPoints(url), authorityInfoAccess(authority)]));
    this.shortLived = common([authorityInfoAccess({ caIssuersUrl }), extension(oid.noRevAvail, derNull())]);
    this.shortLivedMs = authority.shortLivedMs ?? 0;
  }

  /**
   * The TBSCertificate of one leaf.
   *
   * @param serial unsigned big-endian, as `randomSerial` gives it
   * @param notBefore epoch milliseconds, rounded down to seconds
   * @param notAfter the same
   */
  tbs(csr: CertificationRequest, serial: Uint8Array, notBefore: number, notAfter: number): Buffer {
    const { spki } = csr;
    const validity = this.validity(notBefore, notAfter);
    const shared =
      notAfter - notBefore < this.shortLivedMs
        ? this.shortLived
        : (this.shards[crlShardOf(serial, this.shards.length)] as CommonExtensions);
    const common = spki.algorithm === 'RSA' ? shared.enciphering : shared.signing;
    const subject = this.names === 'verbatim' ? csr.subjectDer : this.subject;
    const names = this.sanOf(csr);
    // RFC 5280 §4.2.1.6: critical where the subject says nothing.
    const sanHead = subject.length > emptyName ? sanOid : criticalSanOid;
    const skip = leadingZeros(serial);
    const pad = (serial[skip] as number) > 0x7f ? 1 : 0;
    const serialLength = serial.length - skip + pad;

    const sanLength = names === undefined ? 0 : sanHead.length + headerLength(names.length) + names.length;
    const extensionsLength = common.length + (names === undefined ? 0 : headerLength(sanLength) + sanLength);
    const sequenceLength = headerLength(extensionsLength) + extensionsLength;
    const length =
      version3.length +
      (2 + serialLength) +
      this.issuing.length +
      validity.length +
      subject.length +
      spki.der.length +
      (headerLength(sequenceLength) + sequenceLength);

    const out = Buffer.allocUnsafe(headerLength(length) + length);
    let at = writeHeader(out, 0, { tag: tag.sequence, length });
    at = put(out, at, version3);
    at = writeHeader(out, at, { tag: tag.integer, length: serialLength });
    if (pad === 1) out[at++] = 0;
    at = put(out, at, skip === 0 ? serial : serial.subarray(skip));
    at = put(out, at, this.issuing);
    at = put(out, at, validity);
    at = put(out, at, subject);
    at = put(out, at, spki.der);
    at = writeHeader(out, at, { tag: constructedContextTag(3), length: sequenceLength });
    at = writeHeader(out, at, { tag: tag.sequence, length: extensionsLength });
    at = put(out, at, common);
    out.set(sha256(spki.key).subarray(0, keyIdentifierLength), at - keyIdentifierLength);
    if (names === undefined) return out;
    at = writeHeader(out, at, { tag: tag.sequence, length: sanLength });
    at = put(out, at, sanHead);
    at = writeHeader(out, at, { tag: tag.octetString, length: names.length });
    put(out, at, names);
    return out;
  }

  /** The names that the leaf for this request has: its own, or the subject's where it asks for none. */
  subjectAltNames(csr: CertificationRequest): GeneralName[] {
    if (csr.sanDer !== undefined && this.names !== 'own') return csr.subjectAltNames;
    const value = this.names === 'verbatim' ? commonNames(csr).find(isDnsName) : this.subjectCommonName;
    return value === undefined ? [] : [{ type: 'dns', value }];
  }

  /** GeneralNames; none only for a subject that is kept and has no DNS name. */
  private sanOf(csr: CertificationRequest): Uint8Array | undefined {
    switch (this.names) {
      case 'requested':
        return csr.sanDer ?? this.ownName;
      case 'own':
        return this.ownName;
      case 'verbatim': {
        if (csr.sanDer !== undefined) return csr.sanDer;
        const name = commonNames(csr).find(isDnsName);
        return name === undefined ? undefined : derSequence(derIa5String(name, contextTag(2)));
      }
    }
  }

  /** A batch has one validity: it is encoded once. */
  private validity(notBefore: number, notAfter: number): Buffer {
    const last = this.lastValidity;
    if (last !== undefined && last.notBefore === notBefore && last.notAfter === notAfter) return last.der;
    const encoded = derSequence(derTime(notBefore), derTime(notAfter));
    this.lastValidity = { notBefore, notAfter, der: encoded };
    return encoded;
  }
}

function put(out: Buffer, at: number, part: Uint8Array): number {
  out.set(part, at);
  return at + part.length;
}

function leadingZeros(serial: Uint8Array): number {
  let zeros = 0;
  while (zeros < serial.length - 1 && serial[zeros] === 0) zeros++;
  return zeros;
}
