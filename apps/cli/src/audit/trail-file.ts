import { sha256Hex } from '#libs/x509';

/** One entry as the server tells of it. */
export interface TrailEntry {
  readonly sequence: number;
  readonly recorded_at: string;
  /** SHA-256 in hex. */
  readonly hash: string;
  readonly entry: unknown;
}

/** Whose trail a file holds: its first line. */
export interface TrailHeader {
  readonly format: 'stackrunner-audit-1';
  readonly customer_id: string;
  readonly handle: string;
  readonly exported_at: string;
}

/** Where the trail ended when the file was written: its last line. */
export interface TrailFooter {
  readonly entries: number;
  /** Hash of the last entry, in hex. */
  readonly head: string;
  /** All lines before this one: SHA-256, in hex, of the same for the lines before each, followed by the line. */
  readonly file: string;
}

const noHash = '0'.repeat(64);

function summed(before: string, line: string): string {
  return sha256Hex(Buffer.from(before + line));
}

/** What is wrong with a file, and where. */
export class BrokenTrail extends Error {
  override readonly name = 'BrokenTrail';

  constructor(
    /** From 1. */
    readonly line: number,
    reason: string,
  ) {
    super(`line ${line}: ${reason}`);
  }
}

/** Writes an export line by line, and sums it up in the last. */
export class TrailFileWriter {
  private lines = noHash;
  private entries = 0;
  private head = noHash;

  constructor(
    header: TrailHeader,
    private readonly write: (line: string) => void,
  ) {
    this.put(JSON.stringify(header));
  }

  add(entry: TrailEntry): void {
    const { sequence, recorded_at, hash } = entry;
    this.put(JSON.stringify({ sequence, recorded_at, hash, entry: entry.entry }));
    this.entries += 1;
    this.head = hash;
  }

  finish(): TrailFooter {
    const footer = { entries: this.entries, head: this.head, file: this.lines };
    this.write(`${JSON.stringify(footer)}\n`);
    return footer;
  }

  private put(line: string): void {
    this.lines = summed(this.lines, line);
    this.write(`${line}\n`);
  }
}

/**
 * Verifies a file by itself: every line is as it was written, entries follow from each other without gaps, and
 * the last is the one that the trail ended with.
 *
 * @param expectedHead a hash that was noted elsewhere, which some entry of the trail must have
 * @throws BrokenTrail naming the first line that is wrong
 */
export function verifyTrailFile(
  octets: Uint8Array,
  expectedHead?: string,
): { header: TrailHeader; footer: TrailFooter } {
  const lines = textOf(octets).split('\n');
  if (lines.at(-1) !== '') throw new BrokenTrail(lines.length, 'the file ends within a line');
  lines.pop();
  const header = headerIn(lines[0]);
  const customer = Buffer.from(header.customer_id.replaceAll('-', ''), 'hex');
  let head = noHash;
  let seen = expectedHead === undefined;
  const rows = lines.slice(1, -1);
  for (const [index, line] of rows.entries()) {
    const number = index + 2;
    const entry = entryIn(line, number);
    if (entry.sequence !== index + 1)
      throw new BrokenTrail(number, `entry ${entry.sequence} stands where ${index + 1} belongs`);
    const hash = entryHash(head, customer, entry);
    if (hash !== entry.hash)
      throw new BrokenTrail(
        number,
        `entry ${entry.sequence} is not what was recorded, or does not follow from the one before`,
      );
    head = hash;
    seen ||= head === expectedHead;
  }
  const footer = footerIn(lines, head);
  if (!seen) throw new BrokenTrail(lines.length, `no entry has the hash ${expectedHead}`);
  return { header, footer };
}

/** Octets that are no UTF-8 must not be read as a character that stands for any of them. */
function textOf(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new BrokenTrail(1, 'the file is not UTF-8');
  }
}

/** docs/audit.md, "The chain". */
function entryHash(before: string, customer: Buffer, { sequence, recorded_at, entry }: TrailEntry): string {
  const numbers = Buffer.alloc(16);
  numbers.writeBigInt64BE(BigInt(sequence), 0);
  numbers.writeBigInt64BE(BigInt(Date.parse(recorded_at)), 8);
  const parts = [Buffer.from(before, 'hex'), customer, numbers, Buffer.from(JSON.stringify(entry))];
  return sha256Hex(Buffer.concat(parts));
}

function headerIn(line: string | undefined): TrailHeader {
  const header = objectIn(line, 1);
  const { format, customer_id: customerId, handle, exported_at: exportedAt } = header;
  const isHeader =
    format === 'stackrunner-audit-1' &&
    typeof customerId === 'string' &&
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(customerId) &&
    typeof handle === 'string' &&
    typeof exportedAt === 'string';
  if (!isHeader) throw new BrokenTrail(1, 'this is not the header of an audit export');
  return { format, customer_id: customerId, handle, exported_at: exportedAt };
}

function entryIn(line: string, number: number): TrailEntry {
  const { sequence, recorded_at: recordedAt, hash, entry } = objectIn(line, number);
  const isEntry =
    Number.isSafeInteger(sequence) &&
    typeof recordedAt === 'string' &&
    !Number.isNaN(Date.parse(recordedAt)) &&
    typeof hash === 'string' &&
    typeof entry === 'object';
  if (!isEntry) throw new BrokenTrail(number, 'this is not an entry');
  return { sequence: sequence as number, recorded_at: recordedAt, hash, entry };
}

function footerIn(lines: readonly string[], head: string): TrailFooter {
  const number = lines.length;
  if (number < 2) throw new BrokenTrail(number, 'the end of the export is missing');
  const { entries, head: ends, file } = objectIn(lines.at(-1), number);
  const isFooter = typeof entries === 'number' && typeof ends === 'string' && typeof file === 'string';
  if (!isFooter) throw new BrokenTrail(number, 'the end of the export is missing');
  if (entries !== number - 2 || ends !== head)
    throw new BrokenTrail(number, `the trail had ${entries} entries, and the file has ${number - 2}`);
  const written = lines.slice(0, -1).reduce(summed, noHash);
  if (file !== written) throw new BrokenTrail(number, 'the file is not as it was written');
  return { entries, head: ends, file };
}

/** A line as it was written: the same value in other characters is not the same line. */
function objectIn(line: string | undefined, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line ?? '');
  } catch {
    throw new BrokenTrail(number, 'this is not JSON');
  }
  if (typeof value !== 'object' || value === null || JSON.stringify(value) !== line)
    throw new BrokenTrail(number, 'this line is not as it was written');
  return value as Record<string, unknown>;
}
