import fc from 'fast-check';
import {
  derBoolean,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derUtf8String,
  oid,
} from '../der/index.js';
import {
  attribute,
  buildCsr,
  dns,
  email,
  extensionRequest,
  ip,
  requestedExtension,
  signInfo,
  testKey,
  uri,
} from '../testing/csr-builder.js';
import { peculiarAccepts, pkijsAccepts } from '../testing/oracles.js';
import { refusal } from '../testing/refusal.js';
import { stricter } from '../testing/stricter.js';
import { parseCsr } from './parse-csr.js';

const label = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
  .filter((text) => text.slice(2, 4) !== '--');
const hostName = fc
  .array(label, { minLength: 1, maxLength: 4 })
  .map((labels) => [...labels, 'example'].join('.'));
const goodName = fc.oneof(
  hostName.map(dns),
  hostName.map((name) => dns(`*.${name}`)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((octets) => ip(...octets)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => ip(...octets)),
  fc.tuple(label, hostName).map(([local, host]) => email(`${local}@${host}`)),
  hostName.map((host) => uri(`spiffe://${host}/a`)),
);
/** Any text where a name belongs: most of it is none. */
const anyName = fc.oneof(
  { weight: 4, arbitrary: goodName },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map(dns) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map(email) },
  { weight: 1, arbitrary: fc.webUrl().map(uri) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((octets) => ip(...octets)) },
);
const sanExtension = (names: fc.Arbitrary<Buffer>) =>
  fc
    .array(names, { minLength: 1, maxLength: 6 })
    .map((list) => requestedExtension(oid.subjectAltName, derSequence(...list)));
const otherExtension = fc.constantFrom(
  requestedExtension(oid.basicConstraints, derSequence(), true),
  requestedExtension(oid.basicConstraints, derSequence(derBoolean(true)), true),
  requestedExtension(oid.keyUsage, derNamedBits([0, 2]), true),
  requestedExtension(oid.keyUsage, derNamedBits([5]), true),
  requestedExtension(oid.extKeyUsage, derSequence(derOid(oid.serverAuth))),
  requestedExtension(oid.subjectKeyIdentifier, derOctetString(Buffer.alloc(20))),
  requestedExtension('1.2.3.4', derNull()),
  requestedExtension('1.2.3.4', derNull(), true),
);
const challenge = attribute('1.2.840.113549.1.9.7', derUtf8String('secret'));

function requests(
  names: fc.Arbitrary<Buffer>,
  kinds: readonly ('P-256' | 'P-384' | 'P-521' | 'RSA' | 'Ed25519')[],
) {
  return fc
    .record({
      kind: fc.constantFrom(...kinds),
      extensions: fc.array(fc.oneof(sanExtension(names), otherExtension), { minLength: 1, maxLength: 3 }),
      challenged: fc.boolean(),
      bare: fc.boolean(),
    })
    .map(({ kind, extensions, challenged, bare }) =>
      buildCsr({
        key: testKey(kind),
        attributes: bare ? [] : [...(challenged ? [challenge] : []), extensionRequest(...extensions)],
      }),
    );
}

/** How many requests went which way, so that a generator that makes only junk does not pass. */
const tally = { accepted: 0, refused: 0, stricter: 0 };

/**
 * Ours may refuse what an oracle takes, for a reason in the list; it may never take what an oracle refuses. What is
 * refused is shown to one oracle, by turns, for the time it takes.
 */
async function compare(csr: Uint8Array): Promise<void> {
  const reason = refusal(csr);
  if (reason === undefined) {
    tally.accepted++;
    expect([await peculiarAccepts(csr), await pkijsAccepts(csr)]).toEqual([true, true]);
    return;
  }
  tally.refused++;
  const taken = tally.refused % 2 === 0 ? await peculiarAccepts(csr) : await pkijsAccepts(csr);
  if (!taken) return;
  tally.stricter++;
  if (!stricter.some((row) => row.reason.test(reason))) {
    throw new Error(`refused, but not by an oracle nor by a documented rule: ${reason}`);
  }
}

// P-521 and Ed25519 have openssl for their witness: WebCrypto takes P-521 with SHA-512 only.
const kinds = ['P-256', 'P-384', 'RSA'] as const;

describe('the strict reader beside @peculiar/x509 and pkijs', () => {
  it('agrees on generated requests, or is stricter by a documented rule', async () => {
    await fc.assert(
      fc.asyncProperty(requests(anyName, kinds), async (csr) => compare(csr)),
      { numRuns: 400 },
    );
  }, 60_000);

  it('agrees on requests whose info was changed and signed again', async () => {
    const key = testKey('P-256');
    const infos = fc.sample(requests(goodName, ['P-256']), { numRuns: 40, seed: 1 }).map((csr) => {
      const length = csr.readUInt16BE(2) > 0 && csr[1] === 0x82 ? 4 : 3;
      const info = csr.subarray(length);
      const header = info[1] === 0x82 ? 4 : info[1] === 0x81 ? 3 : 2;
      const size = header === 4 ? info.readUInt16BE(2) : header === 3 ? (info[2] ?? 0) : (info[1] ?? 0);
      return info.subarray(0, header + size);
    });
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      how: fc.oneof(
        fc.record({ kind: fc.constant('set' as const), octet: fc.nat(255) }),
        fc.record({ kind: fc.constant('flip' as const), octet: fc.nat(7).map((bit) => 1 << bit) }),
        fc.record({ kind: fc.constant('insert' as const), octet: fc.nat(255) }),
        fc.record({ kind: fc.constant('drop' as const), octet: fc.constant(0) }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...infos),
        fc.array(mutation, { minLength: 1, maxLength: 2 }),
        async (info, mutations) => {
          const octets = [...info];
          for (const { at, how } of mutations) {
            const index = Math.floor(at * octets.length);
            if (how.kind === 'set') octets[index] = how.octet;
            else if (how.kind === 'flip') octets[index] = (octets[index] ?? 0) ^ how.octet;
            else
              octets.splice(index, how.kind === 'drop' ? 1 : 0, ...(how.kind === 'drop' ? [] : [how.octet]));
          }
          await compare(signInfo(Buffer.from(octets), { key }));
        },
      ),
      { numRuns: 2000 },
    );
  }, 60_000);

  it('has seen many of each verdict', () => {
    expect(tally.accepted).toBeGreaterThan(100);
    expect(tally.refused).toBeGreaterThan(500);
    expect(tally.stricter).toBeGreaterThan(50);
  });

  it('never throws anything but a CsrError, and never takes other bytes for a request', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(refusal(bytes)).toEqual(expect.any(String));
      }),
      { numRuns: 3000 },
    );
    const csr = buildCsr();
    fc.assert(
      fc.property(fc.nat(csr.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(csr);
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(refusal(changed)).toEqual(expect.any(String));
      }),
      { numRuns: 1500 },
    );
    for (let cut = 0; cut < csr.length; cut++)
      expect(refusal(csr.subarray(0, cut))).toEqual(expect.any(String));
  });

  it('gives the same subject, key and names as what went in', () => {
    fc.assert(
      fc.property(fc.array(hostName, { minLength: 1, maxLength: 20 }), (names) => {
        const csr = parseCsr(
          buildCsr({
            attributes: [
              extensionRequest(requestedExtension(oid.subjectAltName, derSequence(...names.map(dns)))),
            ],
          }),
        );
        expect(csr.subjectAltNames.map(({ value }) => value)).toEqual(names);
      }),
      { numRuns: 200 },
    );
  });
});
