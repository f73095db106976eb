import type { IssuerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { formatKeyRef, type KeyRef, parseKeyRef, type Signer, signerFailureReason } from '#libs/kms';
import type { Logger } from '#libs/observability';
import type { Client } from '#libs/rpc';
import type { Clock } from '#libs/service';
import {
  assembleCertificate,
  type Certificate,
  certificationRequestInfo,
  parseCertificate,
  sha1,
  signatureAlgorithmDer,
  signatureVerifies,
  verifyCertificateSignature,
} from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import type { ResponderRepository, ResponderRow } from './responder.repository.js';

export interface ResponderServiceParts {
  readonly repository: Pick<ResponderRepository, 'newest' | 'next'>;
  readonly signer: Pick<Signer, 'createKey' | 'publicKey' | 'sign'>;
  readonly issuer: Pick<Client<typeof IssuerService>, 'issueResponderCertificate'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each responder that signs from now on, by its CA and the Unix milliseconds of its end. */
  readonly onResponder?: (caId: string, notAfter: number) => void;
}

/** A responder that signs. */
export interface Responder {
  readonly key: KeyRef;
  readonly generation: number;
  readonly certificate: Certificate;
  /** SHA-1 of its key: how responses name it. */
  readonly keyHash: Uint8Array;
  /** Unix milliseconds. */
  readonly notAfter: number;
}

const day = 86_400_000;
/** A responder that ends in less is replaced; responses that it signed before stay right. */
const rotateBeforeMs = 7 * day;
/** Failed attempts to replace one that still signs are this far apart, in milliseconds. */
const retryMs = 60_000;
const signingTimeMs = 5_000;
const algorithm = 'ecdsa-sha256';
/** What only another key helps against. */
const lostKey = new Set(['key_not_found', 'key_corrupt', 'key_disabled', 'key_pending_destruction']);

/**
 * The delegated responders (RFC 6960 §4.2.2.2): for each CA one key, certified by that CA, so that the CA's own key
 * never signs a response. A responder is replaced before it ends, and at once when its key is lost.
 */
export class ResponderService {
  readonly #parts: ResponderServiceParts;
  readonly #responders = new Map<string, Responder>();
  readonly #making = new Map<string, Promise<Responder>>();
  readonly #retryAt = new Map<string, number>();

  constructor(parts: ResponderServiceParts) {
    this.#parts = parts;
  }

  /** @throws DomainError when there is none and none can be made now */
  async of(authority: KnownAuthority): Promise<Responder> {
    const { clock } = this.#parts;
    const known = this.#responders.get(authority.caId);
    const now = clock.now();
    if (!known || known.notAfter <= now) return this.#make(authority, undefined);
    if (known.notAfter - now < rotateBeforeMs && now >= (this.#retryAt.get(authority.caId) ?? 0)) {
      // What it signs meanwhile is right.
      this.#retryAt.set(authority.caId, now + retryMs);
      this.#make(authority, known.generation).catch((error: unknown) => this.#warn(error, authority));
    }
    return known;
  }

  /**
   * Signs ResponseData; with another key where the one before is lost.
   *
   * @param draft makes the ResponseData of a responder, linted
   * @throws DomainError signer_unavailable and what {@link of} throws
   */
  async sign(
    authority: KnownAuthority,
    draft: (responder: Responder) => Uint8Array,
  ): Promise<{ tbs: Uint8Array; signature: Uint8Array; responder: Responder }> {
    const responder = await this.of(authority);
    try {
      return await this.#signWith(responder, draft(responder));
    } catch (error) {
      if (!lostKey.has(signerFailureReason(error) ?? '')) throw error;
      this.#warn(error, authority);
      const next = await this.#make(authority, responder.generation);
      return this.#signWith(next, draft(next));
    }
  }

  async #signWith(responder: Responder, tbs: Uint8Array) {
    const { signer, clock } = this.#parts;
    const [signature] = await signer.sign(responder.key, [tbs], clock.now() + signingTimeMs);
    const { der } = responder.certificate.spki;
    if (!signature || !signatureVerifies(der, algorithm, { message: tbs, signature })) {
      throw new DomainError('signer_unavailable', 'The signature of the OCSP responder does not verify.', {
        details: { reason: 'key_corrupt' },
      });
    }
    return { tbs, signature, responder };
  }

  /** @param replaces the generation that must not sign any more */
  #make(authority: KnownAuthority, replaces: number | undefined): Promise<Responder> {
    const { caId } = authority;
    const underWay = this.#making.get(caId);
    if (underWay) return underWay;
    const making = this.#load(authority, replaces)
      .then((responder) => {
        this.#responders.set(caId, responder);
        this.#parts.onResponder?.(caId, responder.notAfter);
        return responder;
      })
      .finally(() => this.#making.delete(caId));
    this.#making.set(caId, making);
    return making;
  }

  /** What another replica has made already, or a new one. */
  async #load(authority: KnownAuthority, replaces: number | undefined): Promise<Responder> {
    const { repository, clock } = this.#parts;
    const { customerId, caId } = authority;
    const isRight = async (row: ResponderRow | undefined) => {
      if (!row || row.generation === replaces || row.notAfter <= clock.now()) return undefined;
      return this.#responder(authority, row);
    };
    const known = await isRight(await repository.newest(customerId, caId));
    if (known) return known;
    let made: Responder | undefined;
    await repository.next(customerId, caId, async (newest) => {
      made = await isRight(newest);
      if (made && newest) return newest;
      const row = await this.#certify(authority, (newest?.generation ?? 0) + 1);
      made = await this.#responder(authority, row);
      return row;
    });
    if (!made)
      throw new DomainError('signer_unavailable', 'The key of a new OCSP responder was lost at once.');
    return made;
  }

  /** A responder whose key is there and is the certified one; undefined where it is not. */
  async #responder(authority: KnownAuthority, row: ResponderRow): Promise<Responder | undefined> {
    const certificate = parseCertificate(row.certificate);
    const key = parseKeyRef(row.keyRef);
    try {
      const spki = await this.#parts.signer.publicKey(key);
      if (Buffer.compare(spki, certificate.spki.der) !== 0) return undefined;
    } catch (error) {
      if (!lostKey.has(signerFailureReason(error) ?? '')) throw error;
      this.#warn(error, authority);
      return undefined;
    }
    const keyHash = sha1(certificate.spki.key);
    return { key, generation: row.generation, certificate, keyHash, notAfter: row.notAfter };
  }

  async #certify(authority: KnownAuthority, generation: number): Promise<ResponderRow> {
    const { signer, issuer, clock } = this.#parts;
    const { customerId, caId, handle } = authority;
    const key = await signer.createKey(keyName(authority, generation), 'P-256', {
      ...{ customer: customerId, purpose: 'ocsp', ca: caId },
    });
    const subject = { commonName: `${handle} OCSP Responder` };
    const info = certificationRequestInfo({ subject, spkiDer: await signer.publicKey(key) });
    const [proof] = await signer.sign(key, [info], clock.now() + signingTimeMs);
    if (!proof) throw new DomainError('signer_unavailable', 'The signer gave no signature.');
    const csr = assembleCertificate(info, signatureAlgorithmDer(algorithm), proof);
    const { der } = await issuer.issueResponderCertificate({ customerId, caId, csr });
    const certificate = parseCertificate(der);
    if (!verifyCertificateSignature(certificate, authority.certificate)) {
      throw new DomainError('internal', 'The certificate of the OCSP responder is not signed by its CA.');
    }
    const row = { caId, generation, customerId, keyRef: formatKeyRef(key), certificate: Buffer.from(der) };
    return { ...row, notAfter: certificate.notAfter };
  }

  #warn(error: unknown, { caId }: KnownAuthority): void {
    this.#parts.logger.warn(
      { err: error, ca: caId },
      'an OCSP responder cannot sign, or is not replaced yet',
    );
  }
}

function keyName({ handle, generation }: KnownAuthority, responder: number): string {
  return `dev-${handle}-ocsp-${generation}-${responder}`;
}
