import { constants, createPrivateKey, generatePrimeSync, type KeyObject } from 'node:crypto';
import {
  constructedContextTag,
  der,
  derBitString,
  derNull,
  derOid,
  derSequence,
  derUnsignedInteger,
  oid,
} from '../der/index.js';
import { nameDer } from '../name/name-writer.js';
import { signatureSchemes } from '../signature/signature-algorithm.js';
import { buildCsr, spkiOf, testKey } from '../testing/csr-builder.js';
import { refusal, refusalAside } from '../testing/refusal.js';
import { rsaTestKeys } from '../testing/rsa-test-keys.js';

describe('proof of possession', () => {
  it.each(['P-256', 'P-384', 'P-521', 'RSA', 'RSA-3072', 'RSA-4096', 'Ed25519'] as const)(
    'holds for %s',
    (kind) => {
      const csr = buildCsr({ key: testKey(kind) });
      expect(refusal(csr)).toBeUndefined();
      // A second time from the cache.
      expect(refusal(csr)).toBeUndefined();
    },
  );

  it.each(['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const)(
    'holds for %s when it is verified beside the main thread, and fails alike',
    async (kind) => {
      const key = testKey(kind);
      expect(await refusalAside(buildCsr({ key }))).toBeUndefined();
      for (const broken of [
        buildCsr({ key, signature: Buffer.from('junk') }),
        buildCsr({ key, signature: Buffer.alloc(0) }),
        buildCsr({ key, spki: spkiOf(testKey(kind === 'P-256' ? 'P-384' : 'P-256')) }),
      ]) {
        expect(await refusalAside(broken)).toBe(refusal(broken));
        expect(await refusalAside(broken)).toBeDefined();
      }
    },
  );

  it('fails beside the main thread for a point off the curve, and for a salt that does not fit', async () => {
    const key = testKey('P-256');
    const spki = Buffer.from(spkiOf(key));
    spki[spki.length - 1] = (spki[spki.length - 1] ?? 0) ^ 1;
    expect(await refusalAside(buildCsr({ key, spki }))).toMatch(/not a point on the curve P-256/);
    const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 31 };
    const salted = { signatureAlgorithm: pss(oid.sha256, 32), signing: { hash: 'sha256', options } };
    expect(await refusalAside(buildCsr({ key: testKey('RSA'), ...salted }))).toMatch(/signature is wrong/);
  });

  it.each([
    ['P-256', 'ecdsa-sha384'],
    ['P-384', 'ecdsa-sha384'],
    ['P-521', 'ecdsa-sha512'],
    ['RSA', 'rsa-sha384'],
    ['RSA', 'rsa-sha512'],
  ] as const)('holds for %s with %s', (kind, name) => {
    const { identifier, hash } = signatureSchemes[name];
    expect(
      refusal(
        buildCsr({ key: testKey(kind), signatureAlgorithm: identifier, signing: { hash: hash ?? null } }),
      ),
    ).toBeUndefined();
  });

  it.each([
    ['sha256', oid.sha256, 32],
    ['sha384', oid.sha384, 48],
    ['sha512', oid.sha512, 0],
  ])('holds for RSASSA-PSS with %s', (hash, hashOid, saltLength) => {
    const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    const csr = (salt: number) =>
      buildCsr({ key: testKey('RSA'), signatureAlgorithm: pss(hashOid, salt), signing: { hash, options } });
    expect(refusal(csr(saltLength))).toBeUndefined();
    expect(refusal(csr(saltLength + 1))).toMatch(/signature is wrong/);
  });

  it('fails for RSASSA-PSS with its defaults, which mean SHA-1', () => {
    const defaults = derSequence(derOid(oid.rsassaPss), derSequence());
    expect(refusal(buildCsr({ key: testKey('RSA'), signatureAlgorithm: defaults }))).toMatch(/SHA-256/);
  });

  it('fails for a request that was changed, or signed with another key', () => {
    const csr = buildCsr();
    const changed = Buffer.from(csr);
    const at = changed.indexOf('test');
    changed[at] = 0x54;
    expect(refusal(changed)).toMatch(/signature is wrong/);
    expect(refusal(buildCsr({ key: testKey('P-384'), spki: spkiOf(testKey('P-256')) }))).toMatch(
      /signature is wrong/,
    );
    expect(refusal(buildCsr({ signature: Buffer.from('junk') }))).toMatch(/signature is wrong/);
    expect(refusal(buildCsr({ signature: Buffer.alloc(0) }))).toMatch(/signature is wrong/);
  });

  it('fails for an algorithm that is of another kind of key', () => {
    expect(refusal(buildCsr({ signatureAlgorithm: signatureSchemes['rsa-sha256'].identifier }))).toMatch(
      /rsa-sha256 does not fit the P-256 key/,
    );
    expect(refusal(buildCsr({ signatureAlgorithm: signatureSchemes.ed25519.identifier }))).toMatch(
      /does not fit/,
    );
  });
});

describe('a key that is refused', () => {
  const [p, q] = [generatePrimeSync(1024, { bigint: true }), generatePrimeSync(1024, { bigint: true })];
  const goodModulus = p * q;

  it.each<[string, bigint, bigint, RegExp]>([
    [
      'is RSA with 1024 bits',
      modulusOf(createPrivateKey(rsaTestKeys[1024])),
      65537n,
      /1024 bits; at least 2048/,
    ],
    ['is RSA with 2047 bits', goodModulus >> 1n, 65537n, /2047 bits/],
    ['is RSA with 4097 bits', (1n << 4096n) + 1n, 65537n, /4097 bits; at most 4096/],
    ['has an even modulus', goodModulus - 1n, 65537n, /even/],
    ['has the exponent 3', goodModulus, 3n, /exponent 3 is below/],
    ['has the exponent 65535', goodModulus, 65535n, /below/],
    ['has an even exponent', goodModulus, 65538n, /exponent is even/],
    ['has an exponent of 257 bits', goodModulus, (1n << 256n) + 1n, /more than 256 bits/],
    ['has a factor of 3', multipleOf(3n), 65537n, /divisible by 3/],
    ['has a factor of 751', multipleOf(751n), 65537n, /divisible by 751/],
    ['has the fingerprint of ROCA', rocaModulus(), 65537n, /ROCA/],
    ['is a square', p * p, 65537n, /Fermat/],
    ['has close primes', closeFactors(2n ** 500n), 65537n, /Fermat/],
    ['has primes found in the last round', closeFactors(0n, 99n), 65537n, /Fermat/],
  ])('%s', (_, modulus, exponent, reason) => {
    expect(refusal(rsaCsr(modulus, exponent))).toMatch(reason);
  });

  it('accepts what lies just inside the bounds, and then misses the signature', () => {
    for (const exponent of [65537n, (1n << 255n) + 1n]) {
      expect(refusal(rsaCsr(goodModulus, exponent))).toMatch(/signature is wrong/);
    }
    expect(refusal(rsaCsr(closeFactors(0n, 101n), 65537n))).toMatch(/signature is wrong/);
  });

  it('is a negative modulus', () => {
    const key = derSequence(Buffer.from([2, 1, 0x80]), Buffer.from([2, 3, 1, 0, 1]));
    expect(refusal(rsaCsrOf(key))).toMatch(/modulus is negative/);
    expect(refusal(rsaCsrOf(derSequence(Buffer.from([2, 1, 0]), Buffer.from([2, 1, 3]))))).toMatch(
      /modulus is zero/,
    );
    expect(refusal(rsaCsrOf(Buffer.from('junk')))).toMatch(/RSA public key/);
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)('is a point off the curve %s', (curve) => {
    const key = testKey(curve);
    const spki = Buffer.from(spkiOf(key));
    spki[spki.length - 1] = (spki[spki.length - 1] ?? 0) ^ 1;
    expect(refusal(buildCsr({ key, spki }))).toBe(`the public key is not a point on the curve ${curve}`);
    spki.fill(0xff, spki.length - 32);
    expect(refusal(buildCsr({ key, spki }))).toMatch(/not a point/);
  });

  it.each<[string, string, RegExp]>([
    ['the neutral element', `01${'00'.repeat(31)}`, /small order/],
    ['of order 2', `ec${'ff'.repeat(30)}7f`, /small order/],
    ['of order 4', '00'.repeat(32), /small order/],
    ['of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', /small order/],
    [
      'of order 8, the other',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      /small order/,
    ],
    [
      'of order 8, with the sign bit',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
      /small order/,
    ],
    ['not encoded canonically', `ed${'ff'.repeat(30)}7f`, /canonically/],
    ['off the curve', `02${'00'.repeat(31)}`, /not a point on its curve/],
  ])('is an Ed25519 point %s', (_, hex, reason) => {
    const spki = derSequence(derSequence(derOid(oid.ed25519)), derBitString(Buffer.from(hex, 'hex')));
    expect(refusal(buildCsr({ key: testKey('Ed25519'), spki }))).toMatch(reason);
  });

  function multipleOf(factor: bigint): bigint {
    let other = (goodModulus / factor) | 1n;
    while (smallestFactor(other) < 752n) other += 2n;
    return other * factor;
  }

  /** a² - b² for an a of 1024 bits: its factors a ± b are found in the round of a above the root. */
  function closeFactors(distance: bigint, rounds = 0n): bigint {
    for (let a = (3n << 1022n) + 1n; ; a += 1n) {
      // With b = √(2 a rounds) the root of a² - b² is a - rounds.
      const b = rounds === 0n ? distance + 2n : root(2n * a * rounds) - 1n;
      const candidate = (a + b) * (a - b);
      if ((candidate & 1n) === 1n && smallestFactor(candidate) > 752n) return candidate;
    }
  }
});

function root(n: bigint): bigint {
  let guess = 1n << BigInt(n.toString(2).length);
  for (;;) {
    const next = (guess + n / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

function smallestFactor(n: bigint): bigint {
  for (let factor = 2n; factor < 752n; factor++) if (n % factor === 0n) return factor;
  return n;
}

/** A number that is a power of 65537 modulo each prime that the ROCA library builds on. */
function rocaModulus(): bigint {
  const product = [
    3n,
    5n,
    7n,
    11n,
    13n,
    17n,
    19n,
    23n,
    29n,
    31n,
    37n,
    41n,
    43n,
    47n,
    53n,
    59n,
    61n,
    67n,
    71n,
    73n,
    79n,
    83n,
    89n,
    97n,
    101n,
    103n,
    107n,
    109n,
    113n,
    127n,
    131n,
    137n,
    139n,
    149n,
    151n,
    157n,
  ].reduce((a, b) => a * b);
  for (let n = ((3n << 2046n) / product) * product + (65537n ** 5n % product); ; n += product) {
    if ((n & 1n) === 1n && smallestFactor(n) > 752n) return n;
  }
}

function modulusOf(key: KeyObject): bigint {
  return BigInt(`0x${Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url').toString('hex')}`);
}

function unsigned(value: bigint): Buffer {
  const hex = value.toString(16);
  return derUnsignedInteger(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
}

function rsaCsr(modulus: bigint, exponent: bigint): Buffer {
  return rsaCsrOf(derSequence(unsigned(modulus), unsigned(exponent)));
}

/** Nobody has the key's other half: the signature is junk, and the key is judged first. */
function rsaCsrOf(key: Uint8Array): Buffer {
  const info = derSequence(
    unsigned(0n),
    nameDer({ commonName: 'test' }),
    derSequence(derSequence(derOid(oid.rsaEncryption), derNull()), derBitString(key)),
    der(constructedContextTag(0)),
  );
  return derSequence(info, signatureSchemes['rsa-sha256'].identifier, derBitString(Buffer.alloc(256, 1)));
}

function pss(hash: string, saltLength: number): Buffer {
  const algorithm = derSequence(derOid(hash), derNull());
  return derSequence(
    derOid(oid.rsassaPss),
    derSequence(
      der(constructedContextTag(0), algorithm),
      der(constructedContextTag(1), derSequence(derOid(oid.mgf1), algorithm)),
      der(constructedContextTag(2), unsigned(BigInt(saltLength))),
    ),
  );
}
