import type { JournalEntry } from '../journal/journal-entry.js';

/** What a line of the record says: an entry of a journal, or from where on the database's own word stands. */
export type RecordLine =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | {
      readonly kind: 'accepted';
      readonly customerId: string;
      readonly sequence: number;
      readonly hash: Uint8Array;
    };

/** Short names: there is a line for every revocation there ever was. */
interface LineJson {
  readonly c: string;
  readonly n: number;
  readonly h: string;
  readonly ca?: string;
  readonly s?: string;
  readonly r?: number;
  readonly t?: number;
  readonly i?: number;
  readonly e?: number;
  readonly k?: number;
  readonly a?: string;
  readonly j?: string;
}

export function writeEntry(entry: JournalEntry): string {
  const line: LineJson = {
    c: entry.customerId,
    n: entry.sequence,
    h: hex(entry.hash),
    ca: entry.caId,
    s: hex(entry.serial),
    r: entry.reason,
    t: entry.recordedAt,
    ...(entry.invalidityDate !== undefined && { i: entry.invalidityDate }),
    e: entry.expiresAt,
    k: entry.actor.kind,
    a: entry.actor.id,
    ...(entry.jobId !== undefined && { j: entry.jobId }),
  };
  return `${JSON.stringify(line)}\n`;
}

export function writeAccepted(customerId: string, head: { sequence: number; hash: Uint8Array }): string {
  const line: LineJson = { c: customerId, n: head.sequence, h: hex(head.hash) };
  return `${JSON.stringify(line)}\n`;
}

/** @returns undefined for a line that is damaged */
export function readLine(text: string): RecordLine | undefined {
  try {
    const line = JSON.parse(text) as LineJson;
    const { c: customerId, n: sequence, h, ca, s, r, t, i, e, k, a, j } = line;
    if (typeof customerId !== 'string' || !Number.isSafeInteger(sequence) || typeof h !== 'string')
      return undefined;
    const hash = Buffer.from(h, 'hex');
    if (hash.length !== 32) return undefined;
    if (ca === undefined) return { kind: 'accepted', customerId, sequence, hash };
    if (s === undefined || r === undefined || t === undefined || e === undefined) return undefined;
    if (k === undefined || a === undefined) return undefined;
    const entry: JournalEntry = {
      ...{ customerId, sequence, hash, caId: ca, serial: Buffer.from(s, 'hex'), reason: r, recordedAt: t },
      ...{ invalidityDate: i, expiresAt: e, actor: { kind: k, id: a }, jobId: j },
    };
    return { kind: 'entry', entry };
  } catch {
    return undefined;
  }
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
