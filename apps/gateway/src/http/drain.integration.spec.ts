import { Agent, request } from 'node:http';
import { type GatewayUnderTest, pemOf, startGatewayUnderTest } from '../testing/gateway-under-test.js';

describe('a gateway that stops', () => {
  let gateway: GatewayUnderTest;
  let bearer: string;

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
    ({ bearer } = await gateway.customer('acme'));
  });
  afterAll(() => gateway.stop());

  function mint(agent: Agent): Promise<{ status: number; connection: string | undefined }> {
    const { hostname, port } = new URL(gateway.url);
    const body = JSON.stringify({ version: 'v1', csr_pems: [pemOf('one')], ttl: '7d' });
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const sent = request(
        { hostname, port, path: '/acme/mint', method: 'POST', headers, agent },
        (response) => {
          response
            .resume()
            .on('end', () =>
              resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
            );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  it('answers what it has, tells its clients to go, and leaves nothing behind', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    expect((await mint(agent)).connection).not.toBe('close');
    const { mint: usual } = gateway.product;
    gateway.product.mint = async (order, product) => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return usual(order, product);
    };
    const inHand = Array.from({ length: 8 }, () => mint(agent));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const started = performance.now();
    await gateway.stopGateway();
    expect(performance.now() - started).toBeLessThan(3_000);
    const answers = await Promise.all(inHand);
    expect(answers).toEqual(Array(8).fill({ status: 200, connection: 'close' }));
    await expect(mint(new Agent())).rejects.toThrow('ECONNREFUSED');
    agent.destroy();
  });
});
