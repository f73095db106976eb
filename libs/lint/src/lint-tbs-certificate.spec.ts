import { der, derNamedBits, derSequence, oid, tag } from '#libs/x509';
import { lintTbsCertificate } from './lint-tbs-certificate.js';
import { lints } from './registry.js';
import { lintCases } from './testing/lint-cases.js';
import { buildTbs, names, spkis } from './testing/tbs-builder.js';

const kinds = ['leaf', 'intermediate', 'root', 'ocsp-responder'] as const;

describe('every lint', () => {
  it('has a name of its own, a clause, and data on both sides of its edge', () => {
    expect(new Set(lints.map(({ name }) => name)).size).toBe(lints.length);
    expect(Object.keys(lintCases).sort()).toEqual(lints.map(({ name }) => name).sort());
    for (const { name, citation, kinds: spoken } of lints) {
      expect(citation).toMatch(/^RFC \d{4} (?:§\d+(?:\.\d+)*|appendix [A-Z]\.\d)$/);
      const cases = lintCases[name] ?? [];
      expect([name, cases.some(({ finding }) => finding === undefined)]).toEqual([name, true]);
      expect([name, cases.some(({ finding }) => finding !== undefined)]).toEqual([name, true]);
      expect([name, cases.every(({ kind }) => spoken.includes(kind))]).toEqual([name, true]);
    }
  });

  describe.each(Object.entries(lintCases))('%s', (name, cases) => {
    it.each(cases)('judges a $kind with $what', ({ kind, parts, finding }) => {
      const found = lintTbsCertificate(buildTbs(kind, parts), kind).find(({ lint }) => lint === name);
      if (finding === undefined) expect(found).toBeUndefined();
      else expect(found?.message).toMatch(finding);
    });
  });
});

describe('lintTbsCertificate', () => {
  it.each(kinds)('finds nothing in a right %s', (kind) => {
    expect(lintTbsCertificate(buildTbs(kind), kind)).toEqual([]);
    expect(lintTbsCertificate(buildTbs(kind), kind)).toEqual([]);
  });

  it('finds the same the second time, with or without a clean frame before', () => {
    const bad = buildTbs('leaf', {
      serial: der(tag.integer, Buffer.from([0])),
      extensions: { [oid.keyUsage]: undefined },
    });
    const first = lintTbsCertificate(bad, 'leaf').map(({ lint }) => lint);
    expect(first).toEqual(['key-usage-critical', 'serial-number-positive']);
    expect(lintTbsCertificate(buildTbs('leaf'), 'leaf')).toEqual([]);
    expect(lintTbsCertificate(bad, 'leaf').map(({ lint }) => lint)).toEqual(first);
  });

  it('does not take one frame for another', () => {
    const enciphering = { extensions: { [oid.keyUsage]: { critical: true, value: derNamedBits([0, 2]) } } };
    expect(lintTbsCertificate(buildTbs('leaf', { ...enciphering, spki: spkis.RSA }), 'leaf')).toEqual([]);
    // The same frame but for the key's algorithm, then but for an extension's value, then as another kind.
    expect(lintTbsCertificate(buildTbs('leaf', enciphering), 'leaf')).toHaveLength(1);
    expect(
      lintTbsCertificate(
        buildTbs('leaf', { extensions: { [oid.keyUsage]: { critical: true, value: derNamedBits([5]) } } }),
        'leaf',
      ),
    ).toHaveLength(1);
    expect(lintTbsCertificate(buildTbs('leaf'), 'intermediate').length).toBeGreaterThan(0);
  });

  it('judges names of each certificate, behind a frame that is clean', () => {
    expect(lintTbsCertificate(buildTbs('leaf'), 'leaf')).toEqual([]);
    const empty = buildTbs('leaf', { extensions: { [oid.subjectAltName]: names() } });
    expect(lintTbsCertificate(empty, 'leaf')).toMatchObject([{ lint: 'subject-alt-name-not-empty' }]);
  });

  it('is not deceived by bytes that change after it has seen them', () => {
    const tbs = buildTbs('leaf', {
      subject: derSequence(
        der(
          tag.set,
          derSequence(Buffer.from('0603550403', 'hex'), der(tag.utf8String, Buffer.from('mutable'))),
        ),
      ),
    });
    expect(lintTbsCertificate(tbs, 'leaf')).toEqual([]);
    tbs[tbs.indexOf('mutable')] = 0xff;
    expect(lintTbsCertificate(tbs, 'leaf')).toMatchObject([{ lint: 'name-alphabet' }]);
  });

  it.each(['', '30', '3000', 'ff'.repeat(40)])('finds malformed bytes: "%s"', (hex) => {
    expect(lintTbsCertificate(Buffer.from(hex, 'hex'), 'leaf')).toMatchObject([{ lint: 'well-formed' }]);
  });

  it('throws nothing, whatever octet is changed', () => {
    const tbs = buildTbs('leaf');
    for (let at = 0; at < tbs.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(tbs);
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(Array.isArray(lintTbsCertificate(changed, 'leaf'))).toBe(true);
      }
    }
  });
});
