import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JournalEntry } from '../journal/journal-entry.js';
import { readLine, writeAccepted, writeEntry } from './record-line.js';

/** How far a journal had come. */
export interface RecordedHead {
  readonly sequence: number;
  readonly hash: Uint8Array;
}

/** CRL numbers are reserved this far ahead, in milliseconds, so that most CRLs cost no write. */
const reserveAhead = 60_000n;

/**
 * What was ever published, in files outside of the database: every entry of every journal, and a number that no
 * CRL number has passed. A database that was restored from an older backup is measured against it.
 *
 * `journal.log` has one line an entry and is only ever added to; replicas that share the folder may repeat each
 * other's lines. `crl-number` has one number for all CAs.
 */
export class PublishedRecord {
  readonly #heads: Map<string, RecordedHead>;
  readonly #waiting: string[] = [];
  #flushing: Promise<void> | undefined;
  #crlNumber: bigint;
  #reserving: Promise<void> | undefined;

  private constructor(
    private readonly folder: string,
    private readonly log: FileHandle,
    heads: Map<string, RecordedHead>,
    crlNumber: bigint,
  ) {
    this.#heads = heads;
    this.#crlNumber = crlNumber;
  }

  /**
   * Opens the record, or begins one.
   *
   * @throws the file system's error when the folder cannot be read and written
   */
  static async open(folder: string): Promise<PublishedRecord> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = logPath(folder);
    const log = await open(path, 'a', 0o600);
    await cutTornLine(path);
    const heads = new Map<string, RecordedHead>();
    for await (const line of linesOf(path)) {
      const { customerId, sequence, hash } = line.kind === 'entry' ? line.entry : line;
      const known = heads.get(customerId);
      if (line.kind === 'accepted' || known === undefined || sequence > known.sequence) {
        heads.set(customerId, { sequence, hash });
      }
    }
    return new PublishedRecord(folder, log, heads, await readNumber(folder));
  }

  /** How far each customer's journal had come. */
  get heads(): ReadonlyMap<string, RecordedHead> {
    return this.#heads;
  }

  /** Entries of all journals together. */
  get entries(): number {
    let entries = 0;
    for (const { sequence } of this.#heads.values()) entries += sequence;
    return entries;
  }

  /** No CRL that was ever published has a higher number. */
  get highestCrlNumber(): bigint {
    return this.#crlNumber;
  }

  /** Resolves when a number may be published: a later process will know of it. */
  async crlNumber(number: bigint): Promise<void> {
    while (number > this.#crlNumber) {
      this.#reserving ??= this.#reserve(number + reserveAhead).finally(() => {
        this.#reserving = undefined;
      });
      await this.#reserving;
    }
  }

  /** Adds an entry that follows the ones before it; what is there already stays. Durable after `flushed`. */
  add(entry: JournalEntry): void {
    const { customerId, sequence, hash } = entry;
    if (sequence <= (this.#heads.get(customerId)?.sequence ?? 0)) return;
    this.#heads.set(customerId, { sequence, hash });
    this.#waiting.push(writeEntry(entry));
  }

  /** Takes the database's word for a journal: what the record had before no longer counts. */
  async accept(customerId: string, head: RecordedHead): Promise<void> {
    this.#heads.set(customerId, head);
    this.#waiting.push(writeAccepted(customerId, head));
    await this.flushed();
  }

  /** Resolves when everything that was added is on the disk. */
  async flushed(): Promise<void> {
    while (this.#waiting.length > 0 || this.#flushing) {
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined;
      });
      await this.#flushing;
    }
  }

  /** What the record has of a journal after an entry, in order; there may be gaps where lines are damaged. */
  async entriesAfter(customerId: string, sequence: number): Promise<JournalEntry[]> {
    let entries = new Map<number, JournalEntry>();
    for await (const line of linesOf(logPath(this.folder))) {
      if (line.kind === 'accepted') {
        if (line.customerId === customerId) entries = new Map();
      } else if (line.entry.customerId === customerId && line.entry.sequence > sequence) {
        entries.set(line.entry.sequence, line.entry);
      }
    }
    return [...entries.values()].sort((a, b) => a.sequence - b.sequence);
  }

  async close(): Promise<void> {
    await this.flushed();
    await this.log.close();
  }

  async #flush(): Promise<void> {
    // What comes while the disk works shares the next turn.
    const lines = this.#waiting.splice(0);
    try {
      await this.log.appendFile(lines.join(''));
      await this.log.datasync();
    } catch (error) {
      this.#waiting.unshift(...lines);
      throw error;
    }
  }

  async #reserve(number: bigint): Promise<void> {
    const path = numberPath(this.folder);
    const draft = `${path}.${process.pid}`;
    // Another replica that shares the folder may have reserved more.
    const others = await readNumber(this.folder);
    const reserved = others > number ? others : number;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(`${reserved}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    this.#crlNumber = reserved;
  }
}

const logPath = (folder: string): string => join(folder, 'journal.log');
const numberPath = (folder: string): string => join(folder, 'crl-number');

async function* linesOf(path: string) {
  for await (const text of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const line = readLine(text);
    if (line) yield line;
  }
}

/** A process that died while it wrote leaves half a line at the end; nobody was told of that entry. */
async function cutTornLine(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, 65_536));
    await file.read(tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf(0x0a) + 1;
    if (end < tail.length) await truncate(path, size - tail.length + end);
  } finally {
    await file.close();
  }
}

async function readNumber(folder: string): Promise<bigint> {
  try {
    const text = (await readFile(numberPath(folder), 'latin1')).trim();
    return /^\d{1,38}$/.test(text) ? BigInt(text) : 0n;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0n;
    throw error;
  }
}
