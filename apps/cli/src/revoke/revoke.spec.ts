import { AdminDouble, refuse } from '../testing/admin-double.js';
import { runCli } from '../testing/run-cli.js';

let server: AdminDouble;
beforeAll(async () => {
  server = await AdminDouble.start();
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

const cli = (...argv: string[]) => runCli(argv, { url: server.url });
const REVOKE = 'POST /v1/admin/customers/acme/revoke';
const BULK = 'POST /v1/admin/customers/acme/bulk-revoke';
const revoked = {
  serial: '3e5f',
  status: 'revoked',
  revoked_at: '2026-05-19T00:02:03Z',
  revoked_reason: 'superseded',
};
const job = {
  ...{ job_id: 'j-1', status: 'done', matched: 3, revoked: 2, unchanged: 1, failed: 0 },
  failures: [] as object[],
};

describe('revoke', () => {
  it('revokes serial numbers as the operator', async () => {
    server.on(REVOKE, { status: 200, body: { version: 'v1', certs: [revoked] } });
    const { code, stdout } = await cli('revoke', 'acme', '3e:5f', '--reason', 'superseded');
    expect([code, stdout]).toEqual([
      0,
      'SERIAL  STATUS   REVOKED               REASON\n3e5f    revoked  2026-05-19T00:02:03Z  superseded\n',
    ]);
    expect(server.received[0]?.body).toEqual({ serials: ['3e:5f'], reason: 'superseded' });
  });

  it('says what the server refused', async () => {
    server.on(
      REVOKE,
      refuse(404, 'serial_not_found', 'This customer has no certificate with this serial number.'),
    );
    const { code, stderr } = await cli('revoke', 'acme', 'ab');
    expect(code).toBe(1);
    expect(stderr).toContain('serial_not_found');
  });

  it('follows a job until it has ended', async () => {
    server.on(BULK, { status: 200, body: { ...job, status: 'pending', revoked: 0 } });
    server.on(
      'GET /v1/admin/customers/acme/bulk-revoke/j-1',
      { status: 200, body: { ...job, status: 'running' } },
      { status: 200, body: job },
    );
    const criteria = [
      '--credential',
      'c',
      '--profile',
      'sign-leaf',
      '--ttl',
      '7d',
      '--issued-from',
      'f',
      '--issued-before',
      'b',
      '--san',
      '*',
      '--key',
      'k',
    ];
    const { code, stdout } = await cli('revoke', 'acme', 'ab', ...criteria, '--invalidity-date', 'd');
    expect([code, stdout]).toEqual([0, '3 matched: 2 revoked, 1 were so before, 0 failed\n']);
    expect(server.received.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    expect(server.received[0]?.body).toEqual({
      criteria: {
        ...{ credential_id: 'c', profile: 'sign-leaf', ttl: '7d', issued_from: 'f', issued_before: 'b' },
        ...{ san: '*', key_sha256: 'k' },
        serials: ['ab'],
      },
      invalidity_date: 'd',
    });
  });

  it('exits 1 when certificates of a job failed, and lists them', async () => {
    const failures = [{ serial: 'ab', code: 'serial_not_found' }];
    server.on(BULK, { status: 200, body: { ...job, failed: 1, failures } });
    const { code, stdout } = await cli('revoke', 'acme', '--ttl', '7d');
    expect([code, stdout]).toEqual([
      1,
      '3 matched: 2 revoked, 1 were so before, 1 failed\nab  serial_not_found\n',
    ]);
  });

  it('counts without effect', async () => {
    server.on(BULK, { status: 200, body: { dry_run: true, matched: 47, revoked_before: 3, not_found: 1 } });
    const { code, stdout } = await cli('revoke', 'acme', '--ttl', '7d', '--dry-run');
    expect([code, stdout]).toEqual([0, '47 match, 3 of them are revoked already; 1 were not found\n']);
    expect(server.received[0]?.body).toEqual({ criteria: { ttl: '7d' }, dry_run: true });
  });

  it.each([
    [['revoke', 'acme']],
    [['revoke', 'acme', 'ab', '--dry-run']],
    [['revoke', 'acme', '--ttl', '7d', '--bearer-file', '/x']],
    [['revoke', 'acme', 'ab', '--reason', 'boredom']],
    [['revoke', 'a/b', 'ab']],
  ])('%j is wrong usage, and nothing is sent', async (argv) => {
    expect((await cli(...argv)).code).toBe(2);
    expect(server.received).toEqual([]);
  });
});

describe('reconcile', () => {
  it('tells what was missing', async () => {
    server.on('POST /v1/admin/customers/acme/reconcile', {
      status: 200,
      body: { from_record: 2, from_operator: 1 },
    });
    const { code, stdout } = await cli('reconcile', 'acme', 'ab');
    expect([code, stdout]).toEqual([0, 'revoked again: 2 from the record, 1 as given\n']);
    expect(server.received[0]?.body).toEqual({ serials: ['ab'] });
  });
});
