/**
 * The certificates of one request as they travel from a worker to PostgreSQL: each value after its length in
 * four octets, big-endian, which is how PostgreSQL's binary arrays hold their elements. So the ledger copies
 * a request's block instead of encoding its certificates one by one.
 */
export interface CertificateBlock {
  readonly count: number;
  /** 16 octets each. */
  readonly serials: Uint8Array;
  /** SHA-256 of the DER, 32 octets each. */
  readonly fingerprints: Uint8Array;
  readonly ders: Uint8Array;
}

export interface CertificateOctets {
  readonly serial: Uint8Array;
  readonly fingerprint: Uint8Array;
  readonly der: Uint8Array;
}

export function packCertificates(certificates: readonly CertificateOctets[]): CertificateBlock {
  return {
    count: certificates.length,
    serials: pack(certificates.map((each) => each.serial)),
    fingerprints: pack(certificates.map((each) => each.fingerprint)),
    ders: pack(certificates.map((each) => each.der)),
  };
}

/** Views into the block, in order; nothing is copied. */
export function unpackCertificates(block: CertificateBlock): CertificateOctets[] {
  const serials = unpack(block.serials, block.count);
  const fingerprints = unpack(block.fingerprints, block.count);
  return unpack(block.ders, block.count).map((der, index) => ({
    der,
    serial: serials[index] ?? empty,
    fingerprint: fingerprints[index] ?? empty,
  }));
}

/** One block of the chunks of a request, in order. */
export function joinBlocks(blocks: readonly CertificateBlock[]): CertificateBlock {
  return {
    count: blocks.reduce((sum, block) => sum + block.count, 0),
    serials: Buffer.concat(blocks.map((block) => block.serials)),
    fingerprints: Buffer.concat(blocks.map((block) => block.fingerprints)),
    ders: Buffer.concat(blocks.map((block) => block.ders)),
  };
}

const empty = new Uint8Array(0);

/** Every value after its length in four octets. */
export function pack(values: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const value of values) length += 4 + value.length;
  const packed = Buffer.allocUnsafe(length);
  let at = 0;
  for (const value of values) {
    packed.writeUInt32BE(value.length, at);
    packed.set(value, at + 4);
    at += 4 + value.length;
  }
  return packed;
}

/** The first `count` values of what {@link pack} made, as views. */
export function unpack(packed: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const values: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const length = view.getUint32(at);
    values.push(packed.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return values;
}
