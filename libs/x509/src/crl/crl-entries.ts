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

const firstCapacity = 4_096;
/** The longest entry: 21 octets of serial, two times, two extensions, and their headers. */
const longestEntry = 160;
const nothing = new Uint8Array(0);

/** crlEntryExtensions with a reason and nothing else, made once; `unspecified` has none. */
const reasonExtensions = new Map<CrlReason, Uint8Array>(
  Object.values(crlReasons).map((reason) => [
    reason,
    reason === crlReasons.unspecified ? nothing : derSequence(reasonExtension(reason)),
  ]),
);

/**
 * revokedCertificates as it grows: each entry is encoded once, behind the others, at 25 to 60 octets. A CRL is made
 * of the octets as they are.
 */
export class CrlEntries {
  private buffer = Buffer.allocUnsafe(firstCapacity);
  private length = 0;
  private entries = 0;
  private lastSecond = Number.NaN;
  private lastTime: Uint8Array = nothing;

  get count(): number {
    return this.entries;
  }

  /** The encoded entries one behind the other; shares memory, and is right until the next `add`. */
  get octets(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** The same entries, to which others can be added. */
  copy(): CrlEntries {
    const twin = new CrlEntries();
    twin.buffer = Buffer.concat([this.octets, Buffer.alloc(longestEntry)]);
    twin.length = this.length;
    twin.entries = this.entries;
    return twin;
  }

  /** @throws RangeError for a serial of more than 20 octets, or a time that cannot be written */
  add({ serial, revokedAt, reason, invalidityDate }: CrlEntry): void {
    let skip = 0;
    while (skip < serial.length - 1 && serial[skip] === 0) skip++;
    const pad = (serial[skip] ?? 0) > 0x7f ? 1 : 0;
    const serialLength = serial.length - skip + pad;
    if (serial.length - skip > 20 || serial.length === 0) throw new RangeError('this is not a serial number');
    const time = this.timeOf(revokedAt);
    const extensions = extensionsOf(reason, invalidityDate);
    const content = 2 + serialLength + time.length + extensions.length;
    this.reserve(longestEntry);
    const out = this.buffer;
    let at = this.length;
    // At most 21 + 17 + 43 octets with their headers: a short length.
    out[at++] = tag.sequence;
    out[at++] = content;
    out[at++] = tag.integer;
    out[at++] = serialLength;
    if (pad === 1) out[at++] = 0;
    for (let i = skip; i < serial.length; i++) out[at++] = serial[i] as number;
    // Faster than `set` for so few octets.
    for (let i = 0; i < time.length; i++) out[at++] = time[i] as number;
    for (let i = 0; i < extensions.length; i++) out[at++] = extensions[i] as number;
    this.length = at;
    this.entries++;
  }

  /** Revocations come in order of time, many in the same second. */
  private timeOf(at: number): Uint8Array {
    const second = Math.floor(at / 1000);
    if (second !== this.lastSecond) {
      this.lastTime = derTime(at);
      this.lastSecond = second;
    }
    return this.lastTime;
  }

  private reserve(octets: number): void {
    if (this.length + octets <= this.buffer.length) return;
    // By half: a CRL of 37 MB is not worth 70 MB of memory.
    const larger = Buffer.allocUnsafe(Math.ceil(this.buffer.length * 1.5) + octets);
    larger.set(this.octets);
    this.buffer = larger;
  }
}

function extensionsOf(reason: CrlReason, invalidityDate: number | undefined): Uint8Array {
  if (invalidityDate === undefined) return reasonExtensions.get(reason) ?? nothing;
  const date = extension(oid.invalidityDate, derGeneralizedTime(invalidityDate));
  return reason === crlReasons.unspecified ? derSequence(date) : derSequence(reasonExtension(reason), date);
}

/** RFC 5280 §5.3.1: not critical, an ENUMERATED. */
function reasonExtension(reason: CrlReason): Buffer {
  return extension(oid.cRLReason, der(tag.enumerated, Buffer.from([reason])));
}
