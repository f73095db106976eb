import { crlShardOf, mostCrlShards } from './crl-shard.js';

describe('which part of a CRL a certificate is in', () => {
  const serial = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

  it('stays what it was for CAs of up to 128 parts: the last octet decides', () => {
    expect([1, 2, 100, 128].map((shards) => crlShardOf(serial, shards))).toEqual([0, 1, 55, 127]);
  });

  it('is decided by two octets above', () => {
    expect([129, 256, 1_000, mostCrlShards].map((shards) => crlShardOf(serial, shards))).toEqual([
      0xeeff % 129,
      0xff,
      0xeeff % 1_000,
      0x2ff,
    ]);
  });

  it('takes a serial number of one octet, and one among other octets', () => {
    expect(crlShardOf(Buffer.from([0xfe]), mostCrlShards)).toBe(0xfe);
    expect(crlShardOf(serial, mostCrlShards, 15)).toBe(0xff);
    expect(crlShardOf(serial, mostCrlShards, 3, 6)).toBe(0x4455 % mostCrlShards);
  });
});
