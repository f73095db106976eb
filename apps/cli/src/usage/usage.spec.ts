import { AdminDouble, customerJson } from '../testing/admin-double.js';
import { runCli } from '../testing/run-cli.js';

let server: AdminDouble;
beforeAll(async () => {
  server = await AdminDouble.start();
});
beforeEach(() => server.reset());
afterAll(() => server.stop());
const cli = (...argv: string[]) => runCli(argv, { url: server.url });

describe('usage reconcile', () => {
  const difference = {
    handle: 'acme',
    repairs: [{ counter: 'month', counted: 9, issued: 7 }],
    issued: 7,
    in_trail: 5,
  };

  it('asks for one customer or for all, and says what did not agree', async () => {
    server
      .on('POST /v1/admin/reconcile-usage', {
        status: 200,
        body: { customers: 1, differences: [difference] },
      })
      .on('POST /v1/admin/reconcile-usage', {
        status: 200,
        body: { customers: 1, differences: [difference] },
      });
    const { code, stdout } = await cli('usage', 'reconcile', 'acme');
    expect(code).toBe(0);
    expect(stdout).toBe(
      'acme: counter month was 9, and is 7 now\nacme: the audit trail tells of 5 of 7 certificates\n1 customer looked at, 1 with a difference\n',
    );
    const json = await cli('usage', 'reconcile', '--json');
    expect(JSON.parse(json.stdout)).toEqual({ customers: 1, differences: [difference] });
    expect(server.received.map(({ body }) => body)).toEqual([{ handle: 'acme' }, {}]);
    expect(await cli('usage', 'reconcile', 'a/b')).toMatchObject({ code: 2 });
  });

  it('says so when all agrees', async () => {
    server.on('POST /v1/admin/reconcile-usage', { status: 200, body: { customers: 3, differences: [] } });
    expect((await cli('usage', 'reconcile')).stdout).toBe('3 customers looked at, all agrees\n');
  });
});

describe('usage months', () => {
  it('is a table', async () => {
    const month = { month: '2026-03', issued: 7, in_trail: 7, taken_at: '2026-04-01T02:00:00Z' };
    server.on('GET /v1/admin/customers/acme/months', {
      status: 200,
      body: { handle: 'acme', months: [month] },
    });
    const { stdout } = await cli('usage', 'months', 'acme');
    expect(stdout).toMatch(/^MONTH +ISSUED +IN AUDIT TRAIL +AS OF\n2026-03 +7 +7 +2026-04-01T02:00:00Z\n$/);
    server.on('GET /v1/admin/customers/acme/months', { status: 200, body: { handle: 'acme', months: [] } });
    expect((await cli('usage', 'months', 'acme')).stdout).toContain('No month');
  });
});

describe('customer reset-birth-cert', () => {
  it('asks for it, and prints the customer', async () => {
    server.on('POST /v1/admin/customers/acme/reset-birth-cert', { status: 200, body: customerJson() });
    const { code, stdout } = await cli('customer', 'reset-birth-cert', 'acme', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ handle: 'acme' });
  });
});
