/** Writes numbers and octets one after another; grows as needed. All numbers are big-endian. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafeSlow(16_384);
  private length = 0;

  u8(value: number): this {
    this.reserve(1);
    this.length = this.buffer.writeUInt8(value, this.length);
    return this;
  }

  u32(value: number): this {
    this.reserve(4);
    this.length = this.buffer.writeUInt32BE(value, this.length);
    return this;
  }

  f64(value: number): this {
    this.reserve(8);
    this.length = this.buffer.writeDoubleBE(value, this.length);
    return this;
  }

  /** With its length before it. */
  bytes(value: Uint8Array): this {
    this.reserve(4 + value.length);
    this.length = this.buffer.writeUInt32BE(value.length, this.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  /** A list of values, each with its length. */
  list(values: readonly Uint8Array[]): this {
    this.u32(values.length);
    for (const value of values) this.bytes(value);
    return this;
  }

  /** What was written, alone in its memory: it can be transferred to another thread. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer.buffer, 0, this.length);
  }

  private reserve(octets: number): void {
    const needed = this.length + octets;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}

/** Reads what {@link ByteWriter} wrote; octets are views, not copies. */
export class ByteReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly source: Uint8Array) {
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  u8(): number {
    const value = this.view.getUint8(this.at);
    this.at += 1;
    return value;
  }

  u32(): number {
    const value = this.view.getUint32(this.at);
    this.at += 4;
    return value;
  }

  f64(): number {
    const value = this.view.getFloat64(this.at);
    this.at += 8;
    return value;
  }

  bytes(): Uint8Array {
    const length = this.u32();
    const value = this.source.subarray(this.at, this.at + length);
    this.at += length;
    return value;
  }

  list(): Uint8Array[] {
    const values: Uint8Array[] = [];
    for (let left = this.u32(); left > 0; left--) values.push(this.bytes());
    return values;
  }
}
