import { mostCrlShards } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import { crlFile, findCrl } from './crl-file.js';

/** Of a CA, what its files are named by. */
const authority = (generation: number, shards: number) =>
  ({ kind: 'intermediate', generation, shards }) as KnownAuthority;

describe('the file of a CRL', () => {
  it.each([
    ['intermediate.crl', authority(1, 1), { shard: 0, delta: false }],
    ['intermediate-g2.delta.crl', authority(2, 1), { shard: 0, delta: true }],
    ['intermediate.0.crl', authority(1, 4), { shard: 0, delta: false }],
    ['intermediate.1023.crl', authority(1, mostCrlShards), { shard: 1023, delta: false }],
    ['intermediate-g12.1023.delta.crl', authority(12, mostCrlShards), { shard: 1023, delta: true }],
  ])('%s is found by the name that it is given', (file, ca, name) => {
    expect(crlFile(ca, name)).toBe(file);
    expect(findCrl(file, [authority(99, 1), ca])).toEqual({ authority: ca, name });
  });

  it.each([
    'intermediate.crl',
    'intermediate.1024.crl',
    'intermediate.01.crl',
    'intermediate.10000.crl',
    'intermediate.-1.crl',
    'intermediate-g1.0.crl',
    'root.0.crl',
    'intermediate.0.crl/..',
  ])('%s is none of a CA with 1,024 shards', (file) => {
    expect(findCrl(file, [authority(1, mostCrlShards)])).toBeUndefined();
  });
});
