import { type GatewayUnderTest, pemOf, startGatewayUnderTest } from '../testing/gateway-under-test.js';

describe('guessing credentials', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await startGatewayUnderTest({ wrongCredentials: 8 });
  });
  afterAll(() => gateway.stop());

  const body = { version: 'v1', csr_pems: [pemOf('one')], ttl: '7d' };
  const mint = (bearer: string) => gateway.ask('/acme/mint', { bearer, body });

  it('is answered alike, then slowed down, and locks out nobody', async () => {
    const { bearer } = await gateway.customer('acme');
    const answers: string[] = [];
    for (let n = 0; n < 12; n++) {
      const guess = `${n}`.padStart(43, 'g');
      const answer = n % 2 ? await mint(guess) : await gateway.ask('/v1/admin/customers', { bearer: guess });
      const { code, message } = answer.json().error;
      answers.push(`${answer.status} ${code} ${answer.headers['retry-after'] ?? ''}`.trim());
      if (answer.status === 401) expect(message).toBe('The bearer is missing or not recognised.');
    }
    expect(answers.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => '401 unauthorized'));
    expect(answers.slice(8)).toEqual([2, 4, 8, 16].map((seconds) => `429 rate_limited ${seconds}`));
    expect((await mint(bearer)).status).toBe(200);
    expect((await gateway.operate('/v1/admin/customers')).status).toBe(200);
    // The bearer before a rotation, and nothing at all.
    await gateway.operate('/v1/admin/customers/acme/rotate-bearer', { method: 'POST' });
    expect((await mint(bearer)).status).toBe(429);
    expect((await gateway.ask('/v1/admin/customers')).status).toBe(401);
  });
});
