import { type RevocationService, SerialStatus } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { KnownCertificate } from './client-certificate.cache.js';

/** How old an answer may be, in milliseconds: a revocation is felt within a second. */
const freshMs = 500;
/** For how long it counts while revocation cannot be asked. */
const staleMs = 30_000;
const askMs = 2_000;
const capacity = 10_000;

interface Answer {
  readonly isRevoked: boolean;
  /** Unix milliseconds: when it was asked. */
  readonly at: number;
}

/**
 * Knows which client certificates are revoked: whoever authenticates with one is asked about at most twice a
 * second, however many requests it makes.
 */
export class RevocationWatch {
  private readonly answers = new Map<string, Answer>();
  private readonly asking = new Map<string, Promise<Answer>>();

  constructor(
    private readonly revocation: Pick<Client<typeof RevocationService>, 'getSerialStatus'>,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError service_unavailable when it was not known lately, and cannot be asked */
  async isRevoked(certificate: KnownCertificate): Promise<boolean> {
    const { fingerprint } = certificate;
    const known = this.answers.get(fingerprint);
    const now = this.clock.now();
    if (known !== undefined && now - known.at < freshMs) return known.isRevoked;
    try {
      return (await this.ask(certificate)).isRevoked;
    } catch (error) {
      if (known !== undefined && now - known.at < staleMs) return known.isRevoked;
      throw error;
    }
  }

  private ask(certificate: KnownCertificate): Promise<Answer> {
    const { fingerprint } = certificate;
    const running = this.asking.get(fingerprint);
    if (running !== undefined) return running;
    const answer = this.fetch(certificate).finally(() => this.asking.delete(fingerprint));
    this.asking.set(fingerprint, answer);
    return answer;
  }

  private async fetch({ customerId, serial, fingerprint }: KnownCertificate): Promise<Answer> {
    const at = this.clock.now();
    const answer = { isRevoked: await this.statusOf(customerId, serial), at };
    this.answers.delete(fingerprint);
    this.answers.set(fingerprint, answer);
    const [oldest] = this.answers.keys();
    if (this.answers.size > capacity && oldest !== undefined) this.answers.delete(oldest);
    return answer;
  }

  private async statusOf(customerId: string, serial: Uint8Array): Promise<boolean> {
    try {
      const { status } = await this.revocation.getSerialStatus({ customerId, serial }, { timeoutMs: askMs });
      return status === SerialStatus.REVOKED;
    } catch (error) {
      // It was issued a moment ago, and revocation has not heard of it: nobody has revoked it either.
      if (error instanceof DomainError && error.code === 'serial_not_found') return false;
      throw error;
    }
  }
}
