import type { Authority } from '#libs/contracts';
import {
  CrlEntries,
  type CrlSpec,
  draftCrl,
  parseCertificate,
  parseCrl,
  signatureVerifies,
} from '#libs/x509';
import {
  authorityOf,
  becomesActive,
  ProvisionerHarness,
  type Replica,
} from '../testing/provisioner-harness.js';

const now = Math.floor(Date.now() / 1000) * 1000;

describe('the CRL of a root', () => {
  let harness: ProvisionerHarness;
  let replica: Replica;
  let authority: Authority;

  beforeAll(async () => {
    harness = await ProvisionerHarness.start();
    replica = await harness.replica();
    for (const handle of ['rooted', 'other']) {
      await replica.client.createCustomer({ handle });
      await becomesActive(replica, handle);
    }
    authority = await authorityOf(replica, 'rooted');
  }, 60_000);
  afterAll(async () => {
    await replica?.stop();
    await harness?.stop();
  }, 30_000);

  function tbs(change: Partial<CrlSpec> = {}): Buffer {
    const root = parseCertificate(authority.rootDer);
    return draftCrl({
      ...{ issuer: root.subject, issuerKeyIdentifier: root.subjectKeyIdentifier ?? new Uint8Array() },
      ...{ signatureAlgorithm: 'ecdsa-sha384', number: 1n, thisUpdate: now, nextUpdate: now + 1000 },
      entries: new CrlEntries(),
      ...change,
    }).tbs;
  }
  const sign = (bytes: Uint8Array, of: Partial<Authority> = {}) => {
    const { customerId, rootId } = { ...authority, ...of };
    return replica.client.signRootCrl({ customerId, rootId, tbs: bytes });
  };
  async function rootState(): Promise<string | undefined> {
    const signer = await harness.signer();
    const keys = await signer.list({ customer: authority.customerId });
    return keys.find(({ key }) => key.resource === 'dev-rooted-root')?.state;
  }

  it('is signed by a key that is disabled before and after, also when several are asked for at once', async () => {
    expect(await rootState()).toBe('disabled');
    const answers = await Promise.all([1, 2, 3, 4].map(() => sign(tbs())));
    const { spki } = parseCertificate(authority.rootDer);
    for (const { der } of answers) {
      const crl = parseCrl(der);
      const signed = { message: crl.tbs, signature: crl.signature };
      expect(signatureVerifies(spki.der, 'ecdsa-sha384', signed)).toBe(true);
    }
    expect(await rootState()).toBe('disabled');
  });

  it('is not signed when it is another one, or none', async () => {
    const intermediate = parseCertificate(authority.intermediateDer);
    for (const wrong of [
      tbs({ issuer: intermediate.subject }),
      tbs({ signatureAlgorithm: 'ecdsa-sha256' }),
      tbs({ nextUpdate: now }),
      Buffer.from('3000', 'hex'),
      authority.intermediateDer,
    ]) {
      await expect(sign(wrong)).rejects.toMatchObject({ code: 'bad_request' });
    }
    await expect(sign(tbs(), { rootId: 'none' })).rejects.toMatchObject({ code: 'bad_request' });
    const { customerId } = await authorityOf(replica, 'other');
    await expect(sign(tbs(), { customerId })).rejects.toMatchObject({ code: 'customer_not_found' });
    await expect(sign(tbs(), { rootId: authority.caId })).rejects.toMatchObject({
      code: 'customer_not_found',
    });
    expect(await rootState()).toBe('disabled');
  });
});
