import type { KeyManagement } from '#libs/kms';
import { completeCertificate, draftIntermediate, draftRoot } from '../ceremony/ca-certificate.js';
import {
  authorityOf,
  becomesActive,
  eventually,
  ProvisionerHarness,
  pkiUrl,
  type Replica,
} from '../testing/provisioner-harness.js';

let harness: ProvisionerHarness;
let replica: Replica;
let signer: KeyManagement;

beforeAll(async () => {
  harness = await ProvisionerHarness.start();
  replica = await harness.replica();
  signer = await harness.signer();
}, 60_000);
afterAll(() => harness?.stop(), 30_000);

/** A chain of another CA: a root, and an intermediate with a key of the given name. */
async function foreignChain(keyName: string): Promise<[intermediate: Uint8Array, root: Uint8Array]> {
  const now = Date.now();
  const algorithm = 'P-256';
  const rootKey = await signer.createKey('foreign-root', algorithm, {});
  const issuerSpki = await signer.publicKey(rootKey);
  const spki = await signer.publicKey(await signer.createKey(keyName, algorithm, {}));
  const signed = async (toBeSigned: Uint8Array): Promise<Uint8Array> => {
    const [signature = new Uint8Array()] = await signer.sign(rootKey, [toBeSigned], now + 10_000);
    return completeCertificate({ toBeSigned, signature, algorithm, issuerSpki });
  };
  const root = await signed(draftRoot({ handle: 'foreign', spki: issuerSpki, algorithm, now }));
  const plan = { handle: 'foreign', generation: 1, spki, rootCertificate: root, nameConstraints: null };
  return [await signed(draftIntermediate({ ...plan, rootAlgorithm: algorithm, pkiUrl, now })), root];
}

describe('an intermediate of a customer’s own', () => {
  it('takes over from ours with a key that exists already, and is not rotated', async () => {
    await replica.client.createCustomer({ handle: 'moving' });
    await becomesActive(replica, 'moving');
    const before = await authorityOf(replica, 'moving');
    const [intermediate, root] = await foreignChain('brought');
    const wish = { handle: 'moving', certificates: [intermediate, root], keyRef: 'local:brought' };

    const wrongKey = replica.client.importAuthority({ ...wish, keyRef: before.keyRef });
    await expect(wrongKey).rejects.toMatchObject({ code: 'bad_certificate' });
    const noRequest = replica.client.importAuthority({ ...wish, keyRef: '' });
    await expect(noRequest).rejects.toMatchObject({ code: 'bad_certificate' });
    const odd = replica.client.importAuthority({ ...wish, keyRef: 'nonsense' });
    await expect(odd).rejects.toMatchObject({ code: 'bad_request' });
    expect(await authorityOf(replica, 'moving')).toEqual(before);

    expect(await replica.client.importAuthority(wish)).toMatchObject({ generation: 2 });
    const after = await eventually(async () => {
      const authority = await authorityOf(replica, 'moving');
      return authority.generation === 2 ? authority : undefined;
    });
    expect(after.keyRef).toBe('local:brought');
    expect(Buffer.from(after.rootDer).equals(root)).toBe(true);
    await eventually(() => harness.retiredEvents.find(({ caId }) => caId === before.caId));
    const rotate = replica.client.rotateAuthority({ handle: 'moving', now: true });
    await expect(rotate).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('is asked for once, however often, and the request waits for its certificate', async () => {
    await replica.client.createCustomer({ handle: 'asking', externalRoot: true });
    const asked = await eventually(async () => {
      const answer = await replica.client.requestAuthority({ handle: 'asking' });
      return answer.csrDer.length > 0 ? answer : undefined;
    });
    expect(asked).toMatchObject({ generation: 1, keyRef: 'local:dev-asking-intermediate' });
    expect(await replica.client.requestAuthority({ handle: 'asking' })).toEqual(asked);
    const { customer } = await replica.client.getCustomer({ handle: 'asking' });
    expect(customer).toMatchObject({ externalRoot: true, ceremonyStep: '' });
    const keys = await signer.list({ customer: customer?.id ?? '' });
    expect(keys.map(({ name }) => name)).toEqual(['dev-asking-intermediate']);
    const [intermediate, root] = await foreignChain('another');
    const other = replica.client.importAuthority({ handle: 'asking', certificates: [intermediate, root] });
    await expect(other).rejects.toMatchObject({ code: 'bad_certificate' });
  });
});
