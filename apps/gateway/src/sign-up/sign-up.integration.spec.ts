import { CustomerStatus } from '#libs/contracts';
import { createPool } from '#libs/database';
import { DomainError } from '#libs/errors';
import { type OidcIssuer, startOidcIssuer } from '#libs/testing';
import { type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';
import { type CookieJar, providerOf, publicUrl, redirectUri, signIn } from '../testing/signed-in.js';

let oidc: OidcIssuer;
let gateway: GatewayUnderTest;
let count = 0;
const someone = () => {
  count += 1;
  return signIn(gateway, oidc, { subject: `p-${count}`, email: `p${count}@example.com` });
};

beforeAll(async () => {
  oidc = await startOidcIssuer([redirectUri]);
  gateway = await startGatewayUnderTest({ publicUrl, identityProviders: [providerOf(oidc)] });
}, 90_000);
afterAll(() => Promise.all([gateway.stop(), oidc.stop()]));

const signUp = async (jar: CookieJar, handle: unknown, tier: unknown = 'free') => {
  const answer = await gateway.ask('/v1/signup', { headers: jar.ours, body: { handle, tier } });
  return answer.status === 201 ? 'signed up' : answer.json().error.code;
};
const claim = (jar: CookieJar) => gateway.ask('/v1/bearer/claim', { method: 'POST', headers: jar.ours });

describe('sign-up', () => {
  it('binds a person to a handle, and shows the account', async () => {
    const jar = await someone();
    const answer = await gateway.ask('/v1/signup', {
      headers: jar.ours,
      body: { handle: 'apexrunner', tier: 'dev' },
    });
    expect([answer.status, answer.json()]).toEqual([
      201,
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        handle: 'apexrunner',
        tier: 'free',
        wanted_tier: 'dev',
        status: 'provisioning',
        ceremony_step: 'root',
        bearer_claimed_at: null,
        mint_url: `${publicUrl}/apexrunner/mint`,
        pki_url: `${publicUrl}/pki/apexrunner`,
      },
    ]);
    gateway.product.change('apexrunner', CustomerStatus.ACTIVE);
    const who = await gateway.ask('/v1/account', { headers: { cookie: jar.header } });
    expect(who.json<{ account: object }>().account).toMatchObject({
      handle: 'apexrunner',
      status: 'active',
      wanted_tier: 'dev',
    });
    expect(await signUp(jar, 'another-one')).toBe('already_signed_up');
    expect(await signUp(jar, 'apexrunner')).toBe('already_signed_up');
  });

  it('refuses handles that are wrong, reserved, taken, or look like that', async () => {
    await gateway.customer('oreo-boyboy');
    const jar = await someone();
    const outcomes: Record<string, string> = {};
    const handles = [
      'ab',
      'a'.repeat(33),
      '-abc',
      'abc-',
      'a--b',
      'Abc',
      'a_c',
      'аcme',
      '7d1h',
      'admin',
      'adm1n',
      'supp0rt',
    ];
    for (const handle of [
      ...handles,
      'oreo-boyboy',
      '0reo-boyboy',
      'oreo-b0yb0y',
      'stackrumer',
      'stackrunner',
    ]) {
      outcomes[handle] = await signUp(jar, handle);
    }
    const { stackrumer, ...refused } = outcomes;
    // "rn" is read as m only where it is written: this one is nobody's look.
    expect(stackrumer).toBe('signed up');
    const taken = ['oreo-boyboy', '0reo-boyboy', 'oreo-b0yb0y'];
    for (const [handle, outcome] of Object.entries(refused)) {
      expect([handle, outcome]).toEqual([
        handle,
        handle === 'stackrunner'
          ? 'already_signed_up'
          : taken.includes(handle)
            ? 'customer_exists'
            : 'bad_handle',
      ]);
    }
    expect(await signUp(await someone(), 'modem-1ab')).toBe('signed up');
    expect(await signUp(await someone(), 'modern-lab')).toBe('customer_exists');
    expect(await signUp(await someone(), 5)).toBe('bad_handle');
    expect(await signUp(await someone(), 'fine', 'gold')).toBe('bad_request');
  });

  it('gives a handle to one of those who come at once, and a person one handle', async () => {
    const people: CookieJar[] = [];
    while (people.length < 5) people.push(await someone());
    const outcomes = await Promise.all(people.map((jar) => signUp(jar, 'contested')));
    expect(outcomes.sort()).toEqual([...Array(4).fill('customer_exists'), 'signed up']);
    const jar = await someone();
    const many = await Promise.all(
      ['one-of', 'two-of', 'three-of', 'one-of'].map((handle) => signUp(jar, handle)),
    );
    expect(many.filter((outcome) => outcome === 'signed up').length).toBeGreaterThan(0);
    const owned = [...gateway.product.customers.keys()].filter((handle) => handle.endsWith('-of'));
    expect(owned).toHaveLength(1);
  });

  it('makes no second customer while the first is being made', async () => {
    const jar = await someone();
    const { product } = gateway;
    let go: () => void = () => undefined;
    product.beforeCreating = new Promise((resolve) => {
      go = resolve;
    });
    const first = signUp(jar, 'slow-one');
    const isHeld = async () =>
      (await gateway.database.query("SELECT FROM gateway.handle_claim WHERE handle = 'slow-one'")).length > 0;
    while (!(await isHeld())) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await signUp(jar, 'quick-one')).toBe('already_signed_up');
    const again = signUp(jar, 'slow-one');
    go();
    product.beforeCreating = undefined;
    expect(await first).toBe('signed up');
    expect(['signed up', 'already_signed_up']).toContain(await again);
    expect([...product.customers.keys()].filter((handle) => handle.endsWith('-one'))).toEqual(['slow-one']);
  });

  it('lets an attempt whose process died hold its person back for a minute and no longer', async () => {
    const jar = await someone();
    gateway.product.failure = new DomainError('service_unavailable', 'away');
    expect(await signUp(jar, 'orphaned')).toBe('service_unavailable');
    gateway.product.failure = undefined;
    // As it is when nobody came to say that the attempt ended.
    const claim = "WHERE handle = 'orphaned'";
    await gateway.database.query(
      `UPDATE gateway.handle_claim SET attempts = 1, attempted_at = now() ${claim}`,
    );
    expect(await signUp(jar, 'other-wish')).toBe('already_signed_up');
    await gateway.database.query(
      `UPDATE gateway.handle_claim SET attempted_at = now() - interval '61 seconds' ${claim}`,
    );
    expect(await signUp(jar, 'other-wish')).toBe('signed up');
    expect(await signUp(await someone(), 'orphaned')).toBe('signed up');
  });

  it('goes on where it was cut off', async () => {
    const jar = await someone();
    gateway.product.failure = new DomainError('service_unavailable', 'away');
    expect(await signUp(jar, 'patient')).toBe('service_unavailable');
    gateway.product.failure = undefined;
    // The handle is held for whoever asked first.
    expect(await signUp(await someone(), 'patient')).toBe('customer_exists');
    expect(await signUp(jar, 'patient')).toBe('signed up');

    const other = await someone();
    gateway.product.failure = new DomainError('service_unavailable', 'away');
    expect(await signUp(other, 'first-wish')).toBe('service_unavailable');
    gateway.product.failure = undefined;
    expect(await signUp(other, 'second-wish')).toBe('signed up');
    expect(await signUp(await someone(), 'first-wish')).toBe('signed up');
  });

  it('never takes over a customer that an operator has made', async () => {
    const jar = await someone();
    // The provisioner has it, and the gateway has not heard.
    const { bearer } = (
      await gateway.operate('/v1/admin/customers', { body: { handle: 'operators' } })
    ).json<{ bearer: string }>();
    await gateway.database.query(
      "DELETE FROM gateway.bearer; DELETE FROM gateway.signing_cert; DELETE FROM gateway.customer WHERE handle = 'operators'",
    );
    expect(bearer).toHaveLength(43);
    expect(await signUp(jar, 'operators')).toBe('customer_exists');
    expect(await signUp(jar, 'my-own')).toBe('signed up');
  });
});

describe('the bearer', () => {
  it('is claimed once, also by many at once, and mints', async () => {
    const jar = await someone();
    expect((await claim(jar)).status).toBe(401);
    await signUp(jar, 'claimant');
    const customer = gateway.product.change('claimant', CustomerStatus.ACTIVE);
    await gateway.tell(customer);
    const answers = await Promise.all(Array.from({ length: 6 }, () => claim(jar)));
    const codes = answers.map(({ status, json }) => (status === 200 ? 'claimed' : json().error.code));
    expect(codes.sort()).toEqual([...Array(5).fill('already_claimed'), 'claimed']);
    const { bearer, handle } = answers
      .find(({ status }) => status === 200)
      ?.json<{ bearer: string; handle: string }>() ?? {
      bearer: '',
      handle: '',
    };
    expect([handle, bearer.length]).toEqual(['claimant', 43]);
    expect(gateway.log()).not.toContain(bearer);
    const whoami = await gateway.ask('/v1/bearer/claim', { method: 'POST', bearer });
    expect(whoami.status).toBe(401);
    const who = await gateway.ask('/v1/account', { headers: { cookie: jar.header } });
    expect(who.json<{ account: { bearer_claimed_at: string } }>().account.bearer_claimed_at).toMatch(
      /^\d{4}-.*Z$/,
    );
  });

  it('counts as claimed when an operator has issued it', async () => {
    const jar = await someone();
    await signUp(jar, 'rotated');
    expect(
      (await gateway.operate('/v1/admin/customers/rotated/rotate-bearer', { method: 'POST' })).status,
    ).toBe(200);
    expect((await claim(jar)).json().error.code).toBe('already_claimed');
  });
});

describe('people and their sessions', () => {
  it('cannot be read or written by the gateway but through functions that do one thing', async () => {
    const pool = createPool(gateway.database.settings('gateway'), { service: 'gateway' });
    try {
      for (const table of ['person', 'session', 'device_login', 'handle_claim']) {
        for (const sql of [`SELECT * FROM gateway.${table}`, `DELETE FROM gateway.${table}`]) {
          await expect(pool.query(sql)).rejects.toThrow('permission denied');
        }
      }
    } finally {
      await pool.end();
    }
  });
});
