import { isIPv6 } from 'node:net';
import type { Clock } from '#libs/service';

export interface WrongCredentialsOptions {
  readonly clock: Clock;
  /** Wrong credentials that one address may show in a minute. */
  readonly perMinute: number;
}

/** Addresses that are remembered; the one that was quiet longest goes first. */
const mostAddresses = 10_000;
const minuteMs = 60_000;
/** Longest back-off, as a power of two, in seconds. */
const longestBackOff = 6;

interface Offender {
  /** Wrong credentials that it may still show. */
  allowed: number;
  /** Unix milliseconds: when `allowed` was right. */
  at: number;
  /** How often in a row it was told to wait. */
  told: number;
}

/**
 * Counts the wrong credentials that each address shows. It is asked after a credential was found wrong, and never
 * before: whoever shares an address with a guesser is served as ever, since nothing keeps a right credential out.
 */
export class WrongCredentials {
  private readonly offenders = new Map<string, Offender>();

  constructor(private readonly options: WrongCredentialsOptions) {}

  /**
   * Counts one more.
   *
   * @returns seconds to wait, twice as many each time; undefined while the address has shown few
   */
  count(address: string): number | undefined {
    const { clock, perMinute } = this.options;
    const now = clock.now();
    const key = networkOf(address);
    const offender = this.offenders.get(key) ?? { allowed: perMinute, at: now, told: 0 };
    const regained = ((now - offender.at) / minuteMs) * perMinute;
    offender.allowed = Math.min(perMinute, offender.allowed + Math.max(0, regained));
    offender.at = now;
    this.remember(key, offender);
    if (offender.allowed === perMinute) offender.told = 0;
    if (offender.allowed >= 1) {
      offender.allowed -= 1;
      return undefined;
    }
    offender.told = Math.min(longestBackOff, offender.told + 1);
    return 2 ** offender.told;
  }

  private remember(key: string, offender: Offender): void {
    this.offenders.delete(key);
    this.offenders.set(key, offender);
    const [oldest] = this.offenders.keys();
    if (this.offenders.size > mostAddresses && oldest !== undefined) this.offenders.delete(oldest);
  }
}

/** An IPv6 host has a whole /64 to itself (RFC 4291 §2.5.4): its addresses count as one. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4).join(':');
}
