import { extension } from '../certificate/extension-writer.js';
import { der, derGeneralizedTime, derSequence, derTime, oid, tag } from '../der/index.js';
import { type CrlReason, crlReasons } from './crl-reason.js';

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
const daySeconds = 86_400;
/** Days whose times are remembered: some eleven years. */
const mostDays = 4_096;
const nothing = new DataView(new ArrayBuffer(0));

/** crlEntryExtensions with a reason and nothing else, made once; `unspecified` has none. */
const reasonExtensions = new Map<CrlReason, DataView>(
  Object.values(crlReasons).map((reason) => [
    reason,
    reason === crlReasons.unspecified ? nothing : viewOf(derSequence(reasonExtension(reason))),
  ]),
);

/**
 * revokedCertificates as it grows: each entry is encoded once, behind the others, at 25 to 60 octets. A CRL is made
 * of the octets as they are. They lie in chunks, so that what is there stays where it is.
 */
export class CrlEntries {
  /** Full chunks: they never change, and copies share them. */
  readonly #sealed: Uint8Array[] = [];
  #sealedOctets = 0;
  #out = new DataView(new ArrayBuffer(firstCapacity));
  #at = 0;
  #count = 0;
  #second = Number.NaN;
  /** The time of the last entry as it is written. */
  #time: DataView = nothing;
  /** Times as they are written, by their day since 1970. */
  readonly #days = new Map<number, DataView<ArrayBufferLike>>();

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
    const time = this.#timeOf(revokedAt);
    const extensions = extensionsOf(reason, invalidityDate);
    if (this.#at + longestEntry > this.#out.byteLength) this.#seal();
    const out = this.#out;
    let at = this.#at;
    // At most 21 + 17 + 43 octets with their headers: a short length.
    const content = 2 + serialLength + time.byteLength + extensions.byteLength;
    out.setUint32(at, (tag.sequence << 24) | (content << 16) | (tag.integer << 8) | serialLength);
    at += 4;
    if (pad === 1) out.setUint8(at++, 0);
    at = copied(out, at, { octets, start: from, stop });
    at = copied(out, at, { octets: time, start: 0, stop: time.byteLength });
    this.#at = copied(out, at, { octets: extensions, start: 0, stop: extensions.byteLength });
    this.#count++;
  }

  /** Revocations are of few days, and many of the same second. */
  #timeOf(ms: number): DataView {
    const second = Math.floor(ms / 1000);
    if (second === this.#second) return this.#time;
    const day = Math.floor(second / daySeconds);
    const time = this.#timeOfDay(day);
    const ofDay = second - day * daySeconds;
    const minutes = Math.floor(ofDay / 60);
    const hours = Math.floor(minutes / 60);
    const from = time.byteLength - 'HHMMSSZ'.length;
    setPair(time, from, hours);
    setPair(time, from + 2, minutes - hours * 60);
    setPair(time, from + 4, ofDay - minutes * 60);
    this.#second = second;
    this.#time = time;
    return time;
  }

  #timeOfDay(day: number): DataView {
    const known = this.#days.get(day);
    if (known) return known;
    if (this.#days.size >= mostDays) this.#days.clear();
    const made = viewOf(derTime(day * daySeconds * 1000));
    this.#days.set(day, made);
    return made;
  }

  #seal(): void {
    this.#sealed.push(new Uint8Array(this.#out.buffer, 0, this.#at));
    this.#sealedOctets += this.#at;
    this.#out = new DataView(new ArrayBuffer(Math.min(this.#out.byteLength * 2, mostCapacity)));
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

/** Two decimal digits. */
function setPair(out: DataView, at: number, value: number): void {
  const tens = Math.floor(value / 10);
  out.setUint16(at, ((0x30 + tens) << 8) | (0x30 + value - 10 * tens));
}

function extensionsOf(reason: CrlReason, invalidityDate: number | undefined): DataView {
  if (invalidityDate === undefined) return reasonExtensions.get(reason) ?? nothing;
  const date = extension(oid.invalidityDate, derGeneralizedTime(invalidityDate));
  return viewOf(
    reason === crlReasons.unspecified ? derSequence(date) : derSequence(reasonExtension(reason), date),
  );
}

/** RFC 5280 §5.3.1: not critical, an ENUMERATED. */
function reasonExtension(reason: CrlReason): Buffer {
  return extension(oid.cRLReason, der(tag.enumerated, Buffer.from([reason])));
}
