import { fromBinary } from '@bufbuild/protobuf';
import { type Authority, IssuedSchema } from '#libs/contracts';
import { createSigner, type KeyRef, type Signer } from '#libs/kms';
import {
  type NameConstraints,
  noNameConstraints,
  parseCertificate,
  sha256,
  verifyCertificateSignature,
} from '#libs/x509';
import type { AuthorityRow } from '../authority/authority.entity.js';
import { type IssuingAuthority, issuingAuthority } from '../authority/issuing-authority.js';
import { type TestAuthorityWish, TestKms } from '../testing/test-authority.js';
import { testCsr } from '../testing/test-csr.js';
import { unpackCertificates } from './certificate-block.js';
import { MintPipeline } from './mint.pipeline.js';
import type { MintJob, MintJobResult } from './mint-job.js';

const notBefore = Date.UTC(2026, 2, 1) / 1000;
const times = { notBefore, notAfter: notBefore + 86_460, deadline: Number.MAX_SAFE_INTEGER };

const names = { pkiUrl: 'http://pki.test', baseDomain: 'stackrunner.test', shortLivedTtl: 3_600 };

function rowOf(authority: Authority): AuthorityRow {
  const { intermediateDer, rootDer } = authority;
  return {
    ...authority,
    intermediateDer: Buffer.from(intermediateDer),
    rootDer: Buffer.from(rootDer),
    retired: false,
  };
}

/** Counts what reaches the key. */
class CountingSigner implements Pick<Signer, 'sign'> {
  calls: number[] = [];

  constructor(private readonly signer: Signer) {}

  async sign(key: KeyRef, messages: readonly Uint8Array[], deadline: number): Promise<Uint8Array[]> {
    this.calls.push(messages.length);
    return this.signer.sign(key, messages, deadline);
  }
}

describe('the mint pipeline', () => {
  let kms: TestKms;
  let signer: CountingSigner;
  let pipeline: MintPipeline;

  beforeAll(async () => {
    kms = await TestKms.open();
  });
  afterAll(() => kms.close());
  beforeEach(async () => {
    signer = new CountingSigner(await createSigner(kms.settings));
    pipeline = new MintPipeline(signer);
  });

  const authority = async (wish: TestAuthorityWish = {}): Promise<IssuingAuthority> => {
    return issuingAuthority(rowOf(await kms.authority(wish)), names);
  };
  const mint = async ({ signing }: IssuingAuthority, csrs: readonly Uint8Array[]): Promise<MintJobResult> => {
    const { results } = await pipeline.run([{ kind: 'mint', authority: signing, ...times, csrs }]);
    if (!results[0]) throw new Error('no result');
    return results[0];
  };

  it('makes certificates in the order of the requests, with what the event tells of them', async () => {
    const acme = await authority({ handle: 'acme' });
    const result = await mint(acme, [
      testCsr({ dnsNames: ['a.acme.internal'] }),
      testCsr({ dnsNames: ['b.acme.internal'] }),
    ]);
    if (result.kind !== 'signed') throw new Error(result.kind);
    const certificates = unpackCertificates(result.block);
    const leaves = certificates.map((each) => parseCertificate(each.der));
    expect(leaves.map((leaf) => leaf.subjectAltNames)).toEqual([
      [{ type: 'dns', value: 'a.acme.internal' }],
      [{ type: 'dns', value: 'b.acme.internal' }],
    ]);
    const issuer = parseCertificate(acme.chain[0] ?? new Uint8Array());
    for (const [index, leaf] of leaves.entries()) {
      expect(verifyCertificateSignature(leaf, issuer)).toBe(true);
      expect(leaf.notBefore).toBe(times.notBefore * 1000);
      expect(leaf.notAfter).toBe(times.notAfter * 1000);
      expect(Buffer.from(certificates[index]?.serial ?? []).toString('hex')).toBe(leaf.serialHex);
      expect(Buffer.from(certificates[index]?.fingerprint ?? [])).toEqual(Buffer.from(sha256(leaf.der)));
    }
    const issued = fromBinary(IssuedSchema, result.issued).certificates;
    expect(issued).toMatchObject(
      certificates.map(({ serial, fingerprint }) => ({
        customerId: acme.signing.customerId,
        caId: acme.signing.caId,
        serial: Uint8Array.from(serial),
        fingerprint: Uint8Array.from(fingerprint),
        notBefore: BigInt(times.notBefore),
        notAfter: BigInt(times.notAfter),
      })),
    );
  });

  it.each(['P-384', 'RSA-2048'] as const)('signs for an intermediate with a %s key', async (algorithm) => {
    const acme = await authority({ algorithm });
    const result = await mint(acme, [testCsr({})]);
    if (result.kind !== 'signed') throw new Error(result.kind);
    const [leaf] = unpackCertificates(result.block).map((each) => parseCertificate(each.der));
    const issuer = parseCertificate(acme.chain[0] ?? new Uint8Array());
    expect(leaf && verifyCertificateSignature(leaf, issuer)).toBe(true);
  });

  it('gives a leaf without names the name of its subject', async () => {
    const result = await mint(await authority({ handle: 'acme' }), [testCsr({ dnsNames: [] })]);
    if (result.kind !== 'signed') throw new Error(result.kind);
    const [leaf] = unpackCertificates(result.block).map((each) => parseCertificate(each.der));
    expect(leaf?.subjectAltNames).toEqual([{ type: 'dns', value: 'acme.leaf.stackrunner.test' }]);
  });

  it('says of every bad request why, and signs none of the batch', async () => {
    const tampered = Uint8Array.from(testCsr({}));
    tampered[tampered.length - 5] = (tampered[tampered.length - 5] ?? 0) ^ 1;
    const result = await mint(await authority(), [testCsr({}), new Uint8Array(), testCsr({}), tampered]);
    expect(result).toEqual({
      kind: 'refused',
      failures: [
        { index: 1, reason: 'it is not a certificate request in PEM' },
        { index: 3, reason: expect.stringContaining('the signature is wrong') },
      ],
    });
    expect(signer.calls).toEqual([]);
  });

  it('keeps jobs of one task apart, and asks the signer once for each authority', async () => {
    const acme = await authority({ handle: 'acme' });
    const globex = await authority({ handle: 'globex' });
    const job = ({ signing }: IssuingAuthority, csrs: readonly Uint8Array[]): MintJob => ({
      kind: 'mint',
      authority: signing,
      ...times,
      csrs,
    });
    const { results } = await pipeline.run([
      job(acme, [testCsr({})]),
      job(globex, [testCsr({}), testCsr({})]),
      job(acme, [new Uint8Array([1, 2, 3])]),
      job(acme, [testCsr({})]),
    ]);
    expect(results.map((result) => result.kind)).toEqual(['signed', 'signed', 'refused', 'signed']);
    expect(signer.calls).toEqual([2, 2]);
  });

  it('judges first and signs later what is split', async () => {
    const { signing } = await authority();
    const csrs = [testCsr({}), testCsr({})];
    const { results: judged } = await pipeline.run([{ kind: 'judge', authority: signing, ...times, csrs }]);
    expect(signer.calls).toEqual([]);
    if (judged[0]?.kind !== 'drafts') throw new Error('no drafts');
    const { results: signed } = await pipeline.run([
      { kind: 'sign', authority: signing, ...times, drafts: judged[0].drafts },
    ]);
    expect(signed[0]).toMatchObject({ kind: 'signed', block: { count: 2 } });
  });

  it('says what the signer says', async () => {
    const made = await kms.authority();
    await kms.disable(made.keyRef);
    const { signing } = await authority();
    const disabled = { ...signing, keyRef: made.keyRef };
    const { results } = await pipeline.run([
      { kind: 'mint', authority: disabled, ...times, csrs: [testCsr({})] },
    ]);
    expect(results[0]).toMatchObject({ kind: 'failed', code: 'signer_unavailable' });
  });

  describe('under an intermediate with name constraints', () => {
    const constraints: NameConstraints = {
      ...noNameConstraints,
      permittedDns: ['acme.internal', 'acme.leaf.stackrunner.test'],
      excludedDns: ['secret.acme.internal'],
    };
    const reasonFor = async (
      dnsNames: string[],
      nameConstraints = constraints,
    ): Promise<string | undefined> => {
      const result = await mint(await authority({ handle: 'acme', nameConstraints }), [
        testCsr({ dnsNames }),
      ]);
      return result.kind === 'refused' ? result.failures[0]?.reason : undefined;
    };

    it('admits the names below it, and the name of the subject', async () => {
      expect(await reasonFor(['app.acme.internal'])).toBeUndefined();
      expect(await reasonFor([])).toBeUndefined();
    });

    it('refuses the others, also the name that a leaf without names would get', async () => {
      expect(await reasonFor(['app.globex.internal'])).toContain('not permitted');
      expect(await reasonFor(['a.acme.internal', 'x.secret.acme.internal'])).toContain('excluded');
      const strict = { ...noNameConstraints, permittedDns: ['acme.internal'] };
      expect(await reasonFor([], strict)).toContain('acme.leaf.stackrunner.test');
    });
  });

  it("does not certify the authority's own key", async () => {
    const made = await kms.authority();
    const csr = await kms.csrOf(made.keyRef);
    const acme = issuingAuthority(rowOf(made), names);
    expect(await mint(acme, [csr])).toMatchObject({
      kind: 'refused',
      failures: [{ index: 0, reason: "its key is the authority's own" }],
    });
  });
});
