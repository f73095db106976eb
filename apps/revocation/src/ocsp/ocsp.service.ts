import { DomainError } from '#libs/errors';
import { lintOcspResponse } from '#libs/lint';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import {
  assembleOcspResponse,
  type CertId,
  OcspError,
  type OcspErrorName,
  type OcspRequest,
  type OcspStatus,
  ocspErrorResponse,
  ocspResponseTbs,
  parseOcspRequest,
} from '#libs/x509';
import type { AuthorityDirectory } from '../authority/authority.directory.js';
import { certIdName, type KnownAuthority } from '../authority/known-authority.js';
import type { JournalEntry } from '../journal/journal-entry.js';
import { canonicalSerial } from '../serial-status/serial.js';
import type { CertificateStatus } from './certificate-status.js';
import type { OcspMetrics } from './ocsp.metrics.js';
import { cacheable, type OcspAnswer } from './ocsp-answer.js';
import type { ResponderService } from './responder.service.js';
import type { CachedResponse, ResponseCache } from './response.cache.js';

export interface OcspServiceParts {
  readonly authorities: Pick<AuthorityDirectory, 'ofHandle'>;
  readonly statuses: Pick<CertificateStatus, 'of' | 'ofNamed'>;
  readonly responders: Pick<ResponderService, 'sign'>;
  readonly cache: ResponseCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OcspMetrics;
  /** False while it is not known what the journal lacks: then nothing is good. */
  readonly mayAnswerGood: (customerId: string) => boolean;
}

/** One response that is to be signed, and why. */
interface SigningOrder {
  readonly signer: KnownAuthority;
  readonly request: OcspRequest;
  readonly cause: 'asked' | 'revocation' | 'refresh';
  /** Finds the status of the one certificate; without it, it is looked for. */
  readonly status?: (() => Promise<OcspStatus>) | undefined;
}

const minute = 60_000;
/** Milliseconds for which an answer holds; revoked and good ones alike, so that an outage is survived. */
const validityMs = 12 * 60 * minute;
/** A serial number that nobody has may be issued at any time. */
const unknownValidityMs = minute;

const errors = Object.fromEntries(
  (['malformedRequest', 'internalError', 'tryLater', 'unauthorized'] as const).map((name) => [
    name,
    { der: ocspErrorResponse(name), caching: undefined },
  ]),
) as Readonly<Record<Exclude<OcspErrorName, 'sigRequired'>, OcspAnswer>>;

/**
 * Answers OCSP requests (RFC 6960, and RFC 5019 for what can be kept). A request for one certificate without a nonce
 * is answered from memory once it was asked; everything else is signed on demand.
 */
export class OcspService {
  readonly #parts: OcspServiceParts;
  readonly #signing = new Map<string, Promise<OcspAnswer>>();

  constructor(parts: OcspServiceParts) {
    this.#parts = parts;
  }

  /** What is remembered of a request. */
  known(key: string): CachedResponse | undefined {
    return this.#parts.cache.get(key);
  }

  /** The pre-signed answer, when memory has it and it still holds. */
  ready(entry: CachedResponse | undefined): OcspAnswer | undefined {
    const answer = entry?.answer;
    if (!answer?.caching || !entry?.isKept || answer.caching.nextUpdate <= this.#parts.clock.now()) {
      return undefined;
    }
    if (!this.#parts.mayAnswerGood(entry.customerId)) return undefined;
    entry.wanted = true;
    return answer;
  }

  /** The answer to a request in DER: always one, whatever the bytes and whatever is down. */
  async answer(handle: string, der: Buffer): Promise<OcspAnswer> {
    const { metrics } = this.#parts;
    try {
      const known = this.ready(this.known(requestKey(handle, der)));
      if (known) return known;
      const request = parseOcspRequest(der);
      const authorities = await this.#parts.authorities.ofHandle(handle);
      const signer = signerOf(authorities, request);
      if (!signer) return this.#refuse('unauthorized');
      const [certId, ...others] = request.certIds;
      const isPlain = certId?.hash !== undefined && others.length === 0 && request.nonce === undefined;
      if (!isPlain || !names(signer, certId)) {
        metrics.signed.inc({ cause: 'on_demand' });
        return await this.#sign(signer, request);
      }
      const serial = canonicalSerial(certId.serial) ?? certId.serial;
      const entry = this.#parts.cache.place(requestKey(handle, der), {
        certificate: certificateKey(signer.caId, serial),
        customerId: signer.customerId,
      });
      return await this.#fill(entry, { signer, request, cause: 'asked' });
    } catch (error) {
      if (error instanceof OcspError) return this.#refuse('malformedRequest');
      return this.#fail(error);
    }
  }

  /** A certificate was revoked, held or released: its answers are out, and new ones are signed at once. */
  onEntry(name: Pick<JournalEntry, 'customerId' | 'caId' | 'serial'>): void {
    const changed = this.#parts.cache.invalidate(certificateKey(name.caId, name.serial));
    const status = () => this.#parts.statuses.ofNamed(name.customerId, name);
    for (const entry of changed) void this.renew(entry, 'revocation', status);
  }

  /**
   * A revocation is told of before its journal was read here: what was signed before it is not given any more. Who
   * asks meanwhile has an answer of the database, or none.
   */
  onAnnounced(name: Pick<JournalEntry, 'caId' | 'serial'>): void {
    this.#parts.cache.invalidate(certificateKey(name.caId, name.serial));
  }

  /**
   * Signs an answer anew in the background; the next who asks does it where this fails.
   *
   * @param status finds the status; without it the certificate is looked for
   */
  async renew(
    entry: CachedResponse,
    cause: 'revocation' | 'refresh',
    status?: () => Promise<OcspStatus>,
  ): Promise<void> {
    const [handle = '', request = ''] = entry.key.split('\0', 2);
    try {
      const parsed = parseOcspRequest(Buffer.from(entry.key.slice(handle.length + 1), 'latin1'));
      const signer = signerOf(await this.#parts.authorities.ofHandle(handle), parsed);
      if (signer && request !== '') await this.#fill(entry, { signer, request: parsed, cause, status });
    } catch (error) {
      this.#parts.logger.debug({ err: error }, 'an OCSP response could not be signed in the background');
    }
  }

  /** Those who ask for the same at once share one signature, and none is older than what it says. */
  #fill(entry: CachedResponse, order: SigningOrder): Promise<OcspAnswer> {
    const id = `${entry.key}\0${entry.version}`;
    const underWay = this.#signing.get(id);
    if (underWay) return underWay;
    const signing = this.#signCurrent(entry, order).finally(() => this.#signing.delete(id));
    this.#signing.set(id, signing);
    return signing;
  }

  async #signCurrent(entry: CachedResponse, order: SigningOrder): Promise<OcspAnswer> {
    const { signer, request, cause, status } = order;
    for (;;) {
      const { version } = entry;
      const answer = await this.#sign(signer, request, status);
      this.#parts.metrics.signed.inc({ cause });
      // A revocation that was heard of meanwhile may be in the answer or not: once more.
      if (entry.version !== version) continue;
      if (answer.caching) {
        entry.answer = answer;
        entry.wanted = cause === 'asked';
      }
      return answer;
    }
  }

  async #sign(
    signer: KnownAuthority,
    { certIds, nonce }: OcspRequest,
    status?: SigningOrder['status'],
  ): Promise<OcspAnswer> {
    const { statuses, responders, clock } = this.#parts;
    const asked = await Promise.all(
      certIds.map(async (certId) => ({
        certId: certId.der,
        status: names(signer, certId)
          ? await (status?.() ?? statuses.of(signer, certId.serial))
          : ({ kind: 'unknown' } satisfies OcspStatus),
      })),
    );
    if (!this.#parts.mayAnswerGood(signer.customerId) && asked.some(({ status }) => status.kind === 'good')) {
      throw new DomainError('service_unavailable', 'It is not known yet what the journal lacks.');
    }
    const revocations = asked.map(({ status }) => (status.kind === 'revoked' ? status.revokedAt : 0));
    // Another replica's clock may be ahead: nothing that is said is later than the response.
    const now = Math.max(clock.now(), ...revocations);
    let nextUpdate = 0;
    const { tbs, signature, responder } = await responders.sign(signer, (by) => {
      const valid = asked.some(({ status }) => status.kind === 'unknown') ? unknownValidityMs : validityMs;
      nextUpdate = Math.max(now + 1000, Math.min(now + valid, by.notAfter));
      const responses = asked.map((each) => ({ ...each, thisUpdate: now, nextUpdate }));
      return linted(ocspResponseTbs({ responderKeyHash: by.keyHash, producedAt: now, responses, nonce }));
    });
    const responderCertificate = responder.certificate.der;
    const der = assembleOcspResponse(tbs, { algorithm: 'ecdsa-sha256', signature, responderCertificate });
    if (nonce !== undefined || certIds.length > 1) return { der, caching: undefined };
    return cacheable(der, floor(now), floor(nextUpdate));
  }

  #fail(error: unknown): OcspAnswer {
    const { code } = DomainError.from(error);
    if (code === 'internal') {
      this.#parts.logger.error({ err: error }, 'an OCSP request could not be answered');
      return this.#refuse('internalError');
    }
    return this.#refuse('tryLater');
  }

  #refuse(error: keyof typeof errors): OcspAnswer {
    this.#parts.metrics.refused.inc({ status: error });
    return errors[error];
  }
}

/** The key of a request: its octets, behind the customer's handle. */
export function requestKey(handle: string, der: Buffer): string {
  return `${handle}\0${der.toString('latin1')}`;
}

function certificateKey(caId: string, serial: Uint8Array): string {
  return `${caId}/${Buffer.from(serial.buffer, serial.byteOffset, serial.byteLength).toString('hex')}`;
}

/** The CA whose responder answers: the first that is asked about, else the newest of the customer. */
function signerOf(
  authorities: readonly KnownAuthority[],
  { certIds }: OcspRequest,
): KnownAuthority | undefined {
  const own = authorities.filter(({ kind }) => kind === 'intermediate');
  for (const certId of certIds) {
    const named = own.find((authority) => names(authority, certId));
    if (named) return named;
  }
  return own.reduce<KnownAuthority | undefined>(
    (newest, each) => (newest && newest.generation > each.generation ? newest : each),
    undefined,
  );
}

/** Whether a CertID is about a certificate of this CA. */
function names(authority: KnownAuthority, { hash, issuerNameHash, issuerKeyHash }: CertId): boolean {
  return hash !== undefined && authority.names[hash] === certIdName(issuerNameHash, issuerKeyHash);
}

/** @throws DomainError internal for a response that would break a rule: it is not signed */
function linted(tbs: Buffer): Buffer {
  const findings = lintOcspResponse(tbs);
  if (findings.length === 0) return tbs;
  throw new DomainError('internal', 'The OCSP response would break a rule.', { details: { findings } });
}

const floor = (ms: number): number => Math.floor(ms / 1000) * 1000;
