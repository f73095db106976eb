import type { CrlEntryView, TbsCrl } from '#libs/x509';

interface Clause {
  readonly name: string;
  readonly citation: string;
}

/** A clause about a CRL as a whole. */
export interface CrlLint extends Clause {
  readonly reads: 'crl';
  /** What is wrong, or undefined. @throws DerError for an encoding that cannot be read, which is a finding too */
  check(crl: TbsCrl): string | undefined;
}

/** A clause about each entry; it is asked a million times for a large CRL. */
export interface CrlEntryLint extends Clause {
  /** With `extensions` it looks at nothing else of an entry, and is not asked again about the same. */
  readonly reads: 'entry' | 'extensions';
  check(entry: CrlEntryView, crl: CrlContext): string | undefined;
}

/** What an entry's clause may know of its CRL. */
export interface CrlContext {
  readonly bytes: Uint8Array;
  readonly isDelta: boolean;
  /** Epoch milliseconds. */
  readonly thisUpdate: number;
}
