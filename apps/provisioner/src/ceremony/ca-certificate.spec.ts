import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner, type KeyRef, type Signer } from '#libs/kms';
import { parseCertificate } from '#libs/x509';
import { chainProblem, completeCertificate, draftIntermediate, draftRoot } from './ca-certificate.js';

const now = Date.parse('2028-02-29T12:00:00.789Z');
const folder = mkdtempSync(join(tmpdir(), 'ca-certificate-'));
let signer: Signer;
let spki: Uint8Array;

async function rootWith(key: KeyRef): Promise<Uint8Array> {
  const issuerSpki = await signer.publicKey(key);
  const toBeSigned = draftRoot({ handle: 'acme', spki: issuerSpki, algorithm: 'P-256', now });
  return signed(key, toBeSigned, issuerSpki);
}

async function signed(key: KeyRef, toBeSigned: Uint8Array, issuerSpki: Uint8Array): Promise<Uint8Array> {
  const [signature = new Uint8Array()] = await signer.sign(key, [toBeSigned], Date.now() + 10_000);
  return completeCertificate({ toBeSigned, signature, algorithm: 'P-256', issuerSpki });
}

const intermediateDraft = (rootCertificate: Uint8Array) =>
  draftIntermediate({
    ...{
      handle: 'acme',
      generation: 1,
      spki,
      rootCertificate,
      rootAlgorithm: 'P-256',
      nameConstraints: null,
    },
    ...{ pkiUrl: 'http://pki.example.test', now },
  });

beforeAll(async () => {
  const files = { dir: join(folder, 'keys'), keyFile: join(folder, 'key'), createKeyFile: true };
  signer = await createSigner({ backend: 'local', ...files });
  spki = await signer.publicKey(await signer.createKey('intermediate', 'P-256', {}));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the certificates of a CA', () => {
  it('are valid from an hour ago, for ten and for two years', async () => {
    const rootDer = await rootWith(await signer.createKey('root', 'P-256', {}));
    const iso = (der: Uint8Array) => {
      const { notBefore, notAfter } = parseCertificate(der);
      return [notBefore, notAfter].map((time) => new Date(time).toISOString());
    };
    expect(iso(rootDer)).toEqual(['2028-02-29T11:00:00.000Z', '2038-03-01T10:59:59.000Z']);
    const key = await signer.createKey('root', 'P-256', {});
    const intermediateDer = await signed(key, intermediateDraft(rootDer), await signer.publicKey(key));
    expect(iso(intermediateDer)).toEqual(['2028-02-29T11:00:00.000Z', '2030-03-01T10:59:59.000Z']);
    expect(chainProblem(rootDer, intermediateDer, now)).toBeUndefined();
    expect(chainProblem(rootDer, intermediateDer, Date.parse('2031-01-01'))).toMatch(/not valid now/);
    expect(chainProblem(intermediateDer, intermediateDer, now)).toMatch(/root is not signed by itself/);
  });

  it('are no chain when another root of the same name has signed', async () => {
    const rootDer = await rootWith(await signer.createKey('root', 'P-256', {}));
    const other = await signer.createKey('other-root', 'P-256', {});
    const otherDer = await rootWith(other);
    const foreign = await signed(other, intermediateDraft(otherDer), await signer.publicKey(other));
    expect(chainProblem(otherDer, foreign, now)).toBeUndefined();
    expect(chainProblem(rootDer, foreign, now)).toMatch(/not signed by the root/);
  });

  it('are never completed with a signature of another key', async () => {
    const [root, other] = [
      await signer.createKey('root', 'P-256', {}),
      await signer.createKey('o', 'P-256', {}),
    ];
    const toBeSigned = intermediateDraft(await rootWith(root));
    await expect(signed(other, toBeSigned, await signer.publicKey(root))).rejects.toMatchObject({
      code: 'signer_unavailable',
    });
  });
});
