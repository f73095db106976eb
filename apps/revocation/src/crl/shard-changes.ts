import { CrlEntries, type CrlEntry } from '#libs/x509';

interface Change {
  readonly sequence: number;
  readonly entry: CrlEntry;
}

/** Changes of one shard that memory keeps; a delta CRL starts anew long before. */
const mostKept = 10_000;

/**
 * What the journal changed in one shard, so that a delta CRL costs what it lists, and not what the journal has since the
 * full CRL that it adds to.
 */
export class ShardChanges {
  readonly #changes: Change[] = [];

  /** @param since sequence in the journal from which on `add` is told of everything, exclusive */
  constructor(private since: number) {}

  /** @param entry how the certificate stands after it; with removeFromCRL it is good again */
  add(sequence: number, entry: CrlEntry): void {
    if (this.#changes.length >= mostKept) {
      this.#changes.length = 0;
      this.since = sequence - 1;
    }
    this.#changes.push({ sequence, entry });
  }

  /**
   * How each certificate stands that was changed after an entry of the journal; what is older is forgotten, since the
   * full CRLs that delta CRLs add to only grow younger.
   *
   * @returns undefined when memory does not reach back so far
   */
  after(sequence: number): CrlEntries | undefined {
    if (sequence < this.since) return undefined;
    const changes = this.#changes;
    const first = changes.findIndex((change) => change.sequence > sequence);
    changes.splice(0, first < 0 ? changes.length : first);
    this.since = sequence;
    const last = new Map(changes.map(({ entry }) => [Buffer.from(entry.serial).toString('hex'), entry]));
    const entries = new CrlEntries();
    for (const entry of last.values()) entries.add(entry);
    return entries;
  }
}
