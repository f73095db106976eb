import { extension } from '../certificate/extension-writer.js';
import {
  der,
  derGeneralizedTime,
  derSequence,
  derTime,
  oid,
  tag,
  utcTimeOctets,
  writeUtcTime,
} from '../der/index.js';
import { type CrlReason, crlReasons } from './crl-reason.js';
import { reasonOnlyOctets, writeReasonOnly } from './reason-only.js';

/** One revoked certificate (RFC 5280 §5.1.2.6). */
export interface CrlEntry {
  /** Unsigned big-endian, with any number of leading zeros. */
  readonly serial: Uint8Array;
  /** Epoch milliseconds, rounded down to seconds. */
  readonly revokedAt: number;
  /** `unspecified` is written by leaving it out (RFC 5280 §5.3.1). */
  readonly reason: CrlReason;
  /** Since when the key is suspect or the certificate wrong (RFC 5280 §5.3.2); epoch milliseconds. */
  readonly invalidityDate?: number;
}

/** Where a serial number lies within octets that hold many. */
export interface SerialSpan {
  readonly octets: DataView;
  readonly start: number;
  /** Exclusive. */
  readonly stop: number;
}

const firstCapacity = 4_096;
const mostCapacity = 1_048_576;
/** The longest entry: 21 octets of serial, two times, two extensions, and their headers. */
const longestEntry = 160;
/**
 * revokedCertificates as it grows: each entry is encoded once, behind the others, at 25 to 60 octets. A CRL is made
 * of the octets as they are. They lie in chunks, so that what is there stays where it is.
 */
export class CrlEntries {
  /** Full chunks: they never change, and copies share them. */
  readonly #sealed: Uint8Array[] = [];
  #sealedOctets = 0;
  #out = new DataView(new ArrayBuffer(firstCapacity));
  /** Octets of `#out`: its own property costs a call. */
  #capacity = firstCapacity;
  #at = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Octets of all entries. */
  get length(): number {
    return this.#sealedOctets + this.#at;
  }

  /** Writes the encoded entries one behind the other. */
  writeTo(out: Uint8Array, at: number): void {
    let position = at;
    for (const each of this.#sealed) {
      out.set(each, position);
      position += each.length;
    }
    out.set(new Uint8Array(this.#out.buffer, 0, this.#at), position);
  }

  /** The same entries, to which others can be added. */
  copy(): CrlEntries {
    const twin = new CrlEntries();
    twin.#sealed.push(...this.#sealed);
    twin.#sealedOctets = this.#sealedOctets;
    twin.#out = new DataView(this.#out.buffer.slice(0));
    twin.#capacity = this.#capacity;
    twin.#at = this.#at;
    twin.#count = this.#count;
    return twin;
  }

  /** @throws RangeError for a serial of more than 20 octets, or a time that cannot be written */
  add(entry: CrlEntry): void {
    const { serial } = entry;
    this.addSpan({ octets: viewOf(serial), start: 0, stop: serial.length }, entry);
  }

  /**
   * The same for a serial number among others: to make a view of each would cost more than to encode it.
   *
   * @throws RangeError as `add` does
   */
  addSpan(
    { octets, start, stop }: SerialSpan,
    { revokedAt, reason, invalidityDate }: Omit<CrlEntry, 'serial'>,
  ): void {
    let from = start;
    while (from < stop - 1 && octets.getUint8(from) === 0) from++;
    if (stop - from > 20 || stop <= start) throw new RangeError('this is not a serial number');
    const pad = octets.getUint8(from) > 0x7f ? 1 : 0;
    const serialLength = stop - from + pad;
    if (this.#at + longestEntry > this.#capacity) this.#seal();
    const out = this.#out;
    const header = this.#at;
    let at = header + 4;
    if (pad === 1) out.setUint8(at++, 0);
    at = copied(out, at, { octets, start: from, stop });
    if (writeUtcTime(out, at, revokedAt)) at += utcTimeOctets;
    else at = appended(out, at, derTime(revokedAt));
    if (invalidityDate !== undefined) at = appended(out, at, datedExtensions(reason, invalidityDate));
    else if (reason !== crlReasons.unspecified) {
      writeReasonOnly(out, at, reason);
      at += reasonOnlyOctets;
    }
    // At most 21 + 17 + 43 octets with their headers: a short length.
    const content = at - header - 2;
    out.setUint32(header, (tag.sequence << 24) | (content << 16) | (tag.integer << 8) | serialLength);
    this.#at = at;
    this.#count++;
  }

  #seal(): void {
    this.#sealed.push(new Uint8Array(this.#out.buffer, 0, this.#at));
    this.#sealedOctets += this.#at;
    this.#capacity = Math.min(this.#capacity * 2, mostCapacity);
    this.#out = new DataView(new ArrayBuffer(this.#capacity));
    this.#at = 0;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Copies few octets, four at a time: faster than `set`. @returns where the copy ends */
function copied(out: DataView, at: number, { octets, start, stop }: SerialSpan): number {
  const length = stop - start;
  let done = 0;
  for (; done + 4 <= length; done += 4) out.setUint32(at + done, octets.getUint32(start + done));
  for (; done < length; done++) out.setUint8(at + done, octets.getUint8(start + done));
  return at + length;
}

/** @returns where it ends */
function appended(out: DataView, at: number, octets: Uint8Array): number {
  new Uint8Array(out.buffer).set(octets, at);
  return at + octets.length;
}

/** The date since when, behind the reason if there is one. */
function datedExtensions(reason: CrlReason, invalidityDate: number): Buffer {
  const date = extension(oid.invalidityDate, derGeneralizedTime(invalidityDate));
  if (reason === crlReasons.unspecified) return derSequence(date);
  // RFC 5280 §5.3.1: not critical, an ENUMERATED.
  return derSequence(extension(oid.cRLReason, der(tag.enumerated, Buffer.from([reason]))), date);
}
