import { RevocationReason, type RevokedRecord } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import { type EventBus, events, type Subscription } from '#libs/rpc';
import { parseCertificate } from '#libs/x509';
import type { CertificateRepository } from '../certificate/certificate.repository.js';
import type { BlockedKeyRepository } from './blocked-key.repository.js';
import { keyText, requestedKey } from './requested-key.js';

export interface BlockedKeysParts {
  readonly repository: BlockedKeyRepository;
  readonly certificates: Pick<CertificateRepository, 'findBatch'>;
  readonly logger: Logger;
}

/**
 * Keys that were reported as compromised with a revocation for keyCompromise: no certificate is issued for them
 * again, to anybody. Whoever reports one had a certificate for it, and so proved possession of the key.
 */
export class BlockedKeys {
  readonly #parts: BlockedKeysParts;
  readonly #keys = new Set<string>();
  #upTo: Date | undefined;

  constructor(parts: BlockedKeysParts) {
    this.#parts = parts;
  }

  /** Takes up what other replicas have blocked; everything at the first call. */
  async refresh(): Promise<void> {
    const { spkis, upTo } = await this.#parts.repository.since(this.#upTo);
    for (const spki of spkis) this.#keys.add(keyText(spki));
    this.#upTo = upTo;
  }

  /** Follows revocations: durably, so that none is missed, and on every replica, so that each one knows it. */
  async follow(bus: EventBus): Promise<Subscription[]> {
    const handle = ({ entries }: { readonly entries: readonly RevokedRecord[] }) => this.block(entries);
    return [
      await bus.subscribe(events.revoked, 'issuer', handle),
      await bus.subscribe(events.revoked, 'issuer', handle, { everyReplica: true }),
    ];
  }

  /** Blocks the keys of those certificates that were revoked because their key is compromised. */
  async block(entries: readonly RevokedRecord[]): Promise<void> {
    const compromised = entries.filter(({ reason }) => reason === RevocationReason.KEY_COMPROMISE);
    const spkis = (await this.#certificates(compromised)).map((der) => parseCertificate(der).spki.der);
    if (spkis.length === 0) return;
    await this.#parts.repository.add(spkis);
    for (const spki of spkis) this.#keys.add(keyText(spki));
    this.#parts.logger.info({ keys: spkis.length }, 'keys were blocked: they are compromised');
  }

  /**
   * @param csrs in DER
   * @throws DomainError issue_failed with the index of every request whose key is blocked
   */
  check(csrs: readonly Uint8Array[]): void {
    if (this.#keys.size === 0) return;
    const reason = 'its key is compromised';
    const failures = csrs.flatMap((csr, index) => (this.#isBlocked(csr) ? [{ index, reason }] : []));
    if (failures.length === 0) return;
    const message = failures.map(({ index }) => `csr ${index}: ${reason}`).join('; ');
    throw new DomainError('issue_failed', message, { details: { failures } });
  }

  #isBlocked(csr: Uint8Array): boolean {
    const key = requestedKey(csr);
    return key !== undefined && this.#keys.has(key);
  }

  /** DER of the certificates; those of a customer that end on the same day are one question. */
  async #certificates(entries: readonly RevokedRecord[]): Promise<Uint8Array[]> {
    const groups = new Map<string, RevokedRecord[]>();
    for (const entry of entries) {
      const day = `${entry.customerId} ${entry.notAfter / 86_400n}`;
      groups.set(day, [...(groups.get(day) ?? []), entry]);
    }
    const found: Uint8Array[] = [];
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const serials = group.map(({ serial }) => Buffer.from(serial));
      const notAfter = new Date(Number(first.notAfter) * 1000);
      const rows = await this.#parts.certificates.findBatch(first.customerId, serials, notAfter);
      found.push(...rows.map(({ der }) => der));
    }
    return found;
  }
}
