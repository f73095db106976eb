import { DerReader } from './der-reader.js';

/** A part of a DER encoding by its place: costs less than a view of the memory, of which `octets` makes one. */
export class DerSlice {
  constructor(
    readonly bytes: Uint8Array,
    readonly start: number,
    readonly stop: number,
  ) {}

  get length(): number {
    return this.stop - this.start;
  }

  /** Shares memory with `bytes`. */
  get octets(): Uint8Array {
    return this.bytes.subarray(this.start, this.stop);
  }

  reader(): DerReader {
    return new DerReader(this.bytes, this.start, this.stop);
  }

  equals(other: DerSlice): boolean {
    if (this.length !== other.length) return false;
    const { bytes, start } = this;
    const shift = other.start - start;
    for (let i = start; i < this.stop; i++) if (bytes[i] !== other.bytes[i + shift]) return false;
    return true;
  }
}
