import {
  CrlEntries,
  type CrlReason,
  constructedContextTag,
  der,
  derBoolean,
  derOctetString,
  derOid,
  derSequence,
  derTime,
  derUnsignedInteger,
  draftCrl,
  oid,
  tag,
} from '#libs/x509';
import { nameOf } from '../testing/tbs-builder.js';
import { crlEntryLints, crlLints } from './crl-registry.js';
import { lintTbsCrl } from './lint-tbs-crl.js';

const now = Date.UTC(2026, 10, 1);
const algorithm = derSequence(derOid(oid.ecdsaWithSha256));
const small = (value: number): Buffer => derUnsignedInteger(Buffer.from([value]));
const extension = (type: string, value: Uint8Array, critical = false): Buffer =>
  derSequence(derOid(type), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
const aki = (value: Uint8Array = Buffer.from('key'), critical = false): Buffer =>
  extension(oid.authorityKeyIdentifier, derSequence(der(0x80, value)), critical);
const number = (value: Uint8Array = small(7), critical = false): Buffer =>
  extension(oid.cRLNumber, value, critical);
const delta = (value: Uint8Array = small(6), critical = true): Buffer =>
  extension(oid.deltaCRLIndicator, value, critical);
const point = (url: string): Buffer =>
  der(constructedContextTag(0), der(constructedContextTag(0), der(0x86, Buffer.from(url))));
const good = 'http://pki.example/x.crl';

interface Parts {
  readonly version?: readonly Uint8Array[];
  readonly algorithm?: Uint8Array;
  readonly issuer?: Uint8Array;
  readonly times?: readonly Uint8Array[];
  readonly entries?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
}

function crl(parts: Parts = {}): Buffer {
  return derSequence(
    ...(parts.version ?? [small(1)]),
    parts.algorithm ?? algorithm,
    parts.issuer ?? nameOf('CA'),
    ...(parts.times ?? [derTime(now), derTime(now + 86_400_000)]),
    ...(parts.entries ? [derSequence(...parts.entries)] : []),
    der(constructedContextTag(0), derSequence(...(parts.extensions ?? [aki(), number()]))),
  );
}

function entry(
  parts: { serial?: Uint8Array; date?: Uint8Array; extensions?: readonly Uint8Array[] } = {},
): Buffer {
  const extensions = parts.extensions ? [derSequence(...parts.extensions)] : [];
  return derSequence(parts.serial ?? small(5), parts.date ?? derTime(now), ...extensions);
}

const reason = (code: number, critical = false): Buffer =>
  extension(oid.cRLReason, der(tag.enumerated, Buffer.from([code])), critical);
const generalized = (at: number): Buffer =>
  der(tag.generalizedTime, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(0, 14)}Z`));

/** Boundary data of every lint: what is just right, and what is not. */
const cases: Record<string, { right: Parts[]; wrong: [Parts, RegExp][] }> = {
  'crl-version': {
    right: [{}],
    wrong: [
      [{ version: [] }, /version 0/],
      [{ version: [small(2)] }, /version 2/],
    ],
  },
  'crl-signature-algorithm': {
    right: [{}],
    wrong: [[{ algorithm: derSequence(derOid('1.2.840.10045.4.1')) }, /SHA-1/]],
  },
  'crl-issuer-not-empty': { right: [{}], wrong: [[{ issuer: derSequence() }, /empty/]] },
  'crl-next-update': {
    right: [{ times: [derTime(now), derTime(now + 1000)] }],
    wrong: [
      [{ times: [derTime(now)] }, /no nextUpdate/],
      [{ times: [derTime(now), derTime(now)] }, /not after/],
    ],
  },
  'crl-time-encoding': {
    right: [{ times: [derTime(Date.UTC(2049, 11, 31)), derTime(Date.UTC(2050, 0, 1))] }],
    wrong: [[{ times: [generalized(now), derTime(now + 1000)] }, /UTCTime/]],
  },
  'crl-extensions-unique': { right: [{}], wrong: [[{ extensions: [aki(), number(), number()] }, /twice/]] },
  'crl-authority-key-identifier': {
    right: [{}],
    wrong: [
      [{ extensions: [number()] }, /no authorityKeyIdentifier/],
      [{ extensions: [aki(undefined, true), number()] }, /critical/],
      [{ extensions: [aki(Buffer.alloc(0)), number()] }, /empty/],
    ],
  },
  'crl-number': {
    right: [{ extensions: [aki(), number(derUnsignedInteger(Buffer.alloc(20, 0x7f)))] }],
    wrong: [
      [{ extensions: [aki()] }, /no cRLNumber/],
      [{ extensions: [aki(), number(undefined, true)] }, /critical/],
      [{ extensions: [aki(), number(der(tag.integer, Buffer.from([0xff])))] }, /negative/],
      [{ extensions: [aki(), number(derUnsignedInteger(Buffer.alloc(21, 0x7f)))] }, /20 octets/],
    ],
  },
  'crl-delta-indicator': {
    right: [{ extensions: [aki(), number(), delta()] }, { extensions: [aki(), number(), delta(small(7))] }],
    wrong: [
      [{ extensions: [aki(), number(), delta(undefined, false)] }, /not critical/],
      [{ extensions: [aki(), number(), delta(small(8))] }, /older/],
      [{ extensions: [aki(), delta()] }, /no number/],
    ],
  },
  'crl-issuing-distribution-point': {
    right: [
      {
        extensions: [
          aki(),
          number(),
          extension(oid.issuingDistributionPoint, derSequence(point(good)), true),
        ],
      },
    ],
    wrong: [
      [
        { extensions: [aki(), number(), extension(oid.issuingDistributionPoint, derSequence(point(good)))] },
        /not critical/,
      ],
      [
        { extensions: [aki(), number(), extension(oid.issuingDistributionPoint, derSequence(), true)] },
        /empty/,
      ],
      [
        {
          extensions: [
            aki(),
            number(),
            extension(oid.issuingDistributionPoint, derSequence(point('ftp:x')), true),
          ],
        },
        /http/,
      ],
    ],
  },
  'crl-freshest': {
    right: [
      { extensions: [aki(), number(), extension(oid.freshestCRL, derSequence(derSequence(point(good))))] },
    ],
    wrong: [
      [
        {
          extensions: [
            aki(),
            number(),
            extension(oid.freshestCRL, derSequence(derSequence(point(good))), true),
          ],
        },
        /critical/,
      ],
      [
        {
          extensions: [
            aki(),
            number(),
            delta(),
            extension(oid.freshestCRL, derSequence(derSequence(point(good)))),
          ],
        },
        /delta/,
      ],
      [
        { extensions: [aki(), number(), extension(oid.freshestCRL, derSequence(derSequence(point('x'))))] },
        /http/,
      ],
    ],
  },
  'crl-entries-not-empty': { right: [{}, { entries: [entry()] }], wrong: [[{ entries: [] }, /empty/]] },
  'crl-entry-serial': {
    right: [{ entries: [entry({ serial: derUnsignedInteger(Buffer.alloc(20, 0x7f)) })] }],
    wrong: [
      [{ entries: [entry({ serial: small(0) })] }, /not positive/],
      [{ entries: [entry(), entry({ serial: der(tag.integer, Buffer.from([0x80])) })] }, /not positive/],
      [{ entries: [entry({ serial: derUnsignedInteger(Buffer.alloc(21, 0x7f)) })] }, /20 octets/],
    ],
  },
  'crl-entry-date': {
    right: [{ entries: [entry({ date: derTime(now) })] }],
    wrong: [
      [{ entries: [entry({ date: derTime(now + 1000) })] }, /after thisUpdate/],
      [{ entries: [entry({ date: generalized(now) })] }, /encoding/],
    ],
  },
  'crl-entry-reason': {
    right: [
      { entries: [entry({ extensions: [reason(1)] })] },
      { entries: [entry({ extensions: [reason(8)] })], extensions: [aki(), number(), delta()] },
    ],
    wrong: [
      [{ entries: [entry({ extensions: [reason(0)] })] }, /written out/],
      [{ entries: [entry({ extensions: [reason(7)] })] }, /does not exist/],
      [{ entries: [entry({ extensions: [reason(11)] })] }, /does not exist/],
      [{ entries: [entry({ extensions: [reason(8)] })] }, /full CRL/],
    ],
  },
  'crl-entry-critical': {
    right: [{ entries: [entry({ extensions: [reason(1)] })] }],
    wrong: [[{ entries: [entry({ extensions: [reason(1, true)] })] }, /critical/]],
  },
};

describe('every CRL lint', () => {
  const lints = [...crlLints, ...crlEntryLints];

  it('has a name of its own, a clause, and data on both sides of its edge', () => {
    expect(new Set(lints.map(({ name }) => name)).size).toBe(lints.length);
    expect(Object.keys(cases).sort()).toEqual(lints.map(({ name }) => name).sort());
    for (const { citation } of lints) expect(citation).toMatch(/^RFC 5280 §\d+(?:\.\d+)*$/);
  });

  it.each(Object.entries(cases))('%s judges its boundaries', (name, { right, wrong }) => {
    const found = (parts: Parts) => lintTbsCrl(crl(parts)).find(({ lint }) => lint === name)?.message;
    for (const parts of right) expect(found(parts)).toBeUndefined();
    for (const [parts, finding] of wrong) expect(found(parts)).toMatch(finding);
  });
});

describe('lintTbsCrl', () => {
  const spec = {
    issuer: nameOf('CA'),
    issuerKeyIdentifier: Buffer.alloc(20, 1),
    signatureAlgorithm: 'ecdsa-sha256',
    number: 12n,
    thisUpdate: now,
    nextUpdate: now + 86_400_000,
  } as const;

  it('finds nothing in what the writer writes', () => {
    const entries = new CrlEntries();
    for (const code of [0, 1, 2, 3, 4, 5, 6, 9, 10] as CrlReason[]) {
      const serial = Buffer.from([0x80, code]);
      entries.add({
        serial,
        revokedAt: now - code * 1000,
        reason: code,
        ...(code % 2 && { invalidityDate: now - 1e9 }),
      });
    }
    expect(lintTbsCrl(draftCrl({ ...spec, entries }).tbs)).toEqual([]);
    expect(lintTbsCrl(draftCrl({ ...spec, entries, shardUrl: good, freshestUrl: good }).tbs)).toEqual([]);
    expect(
      lintTbsCrl(draftCrl({ ...spec, entries: new CrlEntries(), base: 11n, shardUrl: good }).tbs),
    ).toEqual([]);
  });

  it('finds an entry wherever it stands, once, also between others with the same extensions', () => {
    const right = entry({ extensions: [reason(1)] });
    const held = entry({ extensions: [reason(8)] });
    const wrongs: Record<string, Buffer> = {
      'crl-entry-date': entry({ date: derTime(now + 1000), extensions: [reason(1)] }),
      'crl-entry-serial': entry({ serial: small(0), extensions: [reason(1)] }),
      'crl-entry-reason': held,
      'crl-entry-critical': entry({ extensions: [reason(1, true)] }),
    };
    for (const [name, wrong] of Object.entries(wrongs)) {
      for (let at = 0; at < 4; at++) {
        const entries = [right, right, right, right];
        entries.splice(at, 1, wrong, wrong);
        expect(lintTbsCrl(crl({ entries })).map(({ lint }) => lint)).toEqual([name]);
      }
    }
    const all = [right, ...Object.values(wrongs), right, ...Object.values(wrongs)];
    expect(
      lintTbsCrl(crl({ entries: all }))
        .map(({ lint }) => lint)
        .sort(),
    ).toEqual(Object.keys(wrongs).sort());
    expect(lintTbsCrl(crl({ entries: [held, held], extensions: [aki(), number(), delta()] }))).toEqual([]);
    expect(lintTbsCrl(crl({ entries: [held, held] }))).toHaveLength(1);
  });

  it.each(['', '30', '3000', 'ff'.repeat(40)])('finds malformed bytes: "%s"', (hex) => {
    expect(lintTbsCrl(Buffer.from(hex, 'hex'))).toMatchObject([{ lint: 'crl-well-formed' }]);
  });

  it('throws nothing, whatever octet is changed', () => {
    const tbs = crl({ entries: [entry({ extensions: [reason(1)] })] });
    for (let at = 0; at < tbs.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(tbs);
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(Array.isArray(lintTbsCrl(changed))).toBe(true);
      }
    }
  });
});
