import { AdminDouble, customerJson, refuse } from '../testing/admin-double.js';
import { runCli, TOKEN } from '../testing/run-cli.js';

const BEARER = 'b'.repeat(43);
let server: AdminDouble;

beforeAll(async () => {
  server = await AdminDouble.start();
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

const cli = (...argv: string[]) => runCli(['customer', ...argv], { url: server.url });

describe('customer create', () => {
  const created = (fields = {}) => ({
    status: 201,
    body: customerJson({ status: 'provisioning', activated_at: null, bearer: BEARER, ...fields }),
  });

  it('waits until the CA is active and prints one object', async () => {
    server
      .on('POST /v1/admin/customers', created())
      .on(
        'GET /v1/admin/customers/acme',
        { status: 200, body: customerJson({ status: 'provisioning', ceremony_step: 'root key' }) },
        refuse(503, 'service_unavailable', 'The provisioner restarts.'),
        { status: 200, body: customerJson() },
      );
    const { code, stdout, stderr } = await cli('create', 'acme', '--json');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      handle: 'acme',
      status: 'active',
      bearer: BEARER,
      mint_url: 'http://127.0.0.1:8080/acme/mint',
      pki_url: 'http://127.0.0.1:8080/pki/acme',
    });
    expect(server.received[0]).toMatchObject({
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: { handle: 'acme' },
    });
  });

  it('does not wait with --no-wait', async () => {
    server.on('POST /v1/admin/customers', created());
    const { code, stdout } = await cli('create', 'acme', '--no-wait', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'provisioning', bearer: BEARER });
    expect(server.received).toHaveLength(1);
  });

  it('asks for algorithms and name constraints', async () => {
    server.on('POST /v1/admin/customers', created());
    const { code } = await cli(
      ...['create', 'acme', '--no-wait', '--root-algorithm', 'RSA-4096'],
      ...['--intermediate-algorithm', 'P-384', '--permit-dns', 'acme.example', '--permit-dns', 'acme.test'],
      ...['--exclude-dns', 'x.acme.test', '--permit-ip', '10.0.0.0/8', '--exclude-ip', '10.1.0.0/16'],
      ...['--permit-email', 'acme.example', '--exclude-email', 'x.example'],
      ...['--permit-uri', '.acme.example', '--exclude-uri', 'x.example'],
    );
    expect(code).toBe(0);
    expect(server.received[0]?.body).toEqual({
      handle: 'acme',
      root_algorithm: 'RSA-4096',
      intermediate_algorithm: 'P-384',
      name_constraints: {
        permitted_dns: ['acme.example', 'acme.test'],
        excluded_dns: ['x.acme.test'],
        permitted_ip: ['10.0.0.0/8'],
        excluded_ip: ['10.1.0.0/16'],
        permitted_email: ['acme.example'],
        excluded_email: ['x.example'],
        permitted_uri: ['.acme.example'],
        excluded_uri: ['x.example'],
      },
    });
  });

  it('shows a person the bearer with a warning, and progress on a terminal', async () => {
    server
      .on('POST /v1/admin/customers', created({ ceremony_step: 'root key' }))
      .on('GET /v1/admin/customers/acme', { status: 200, body: customerJson() });
    const { stdout, stderr } = await runCli(
      ['customer', 'create', 'acme'],
      { url: server.url },
      { tty: true },
    );
    expect(stdout).toContain(`\nbearer        ${BEARER}\n`);
    expect(stdout).toContain('handle        acme\nstatus        active\n');
    expect(stderr).toContain('acme: root key');
    expect(stderr).toMatch(/shown this once/);
  });

  it('says why the key of a customer does not sign, and since when', async () => {
    const since = '2026-03-10T12:00:00Z';
    const last_at = '2026-03-10T12:05:00Z';
    const message = 'AWS KMS: AccessDenied';
    const key_problem = { key: 'aws:arn', reason: 'permission_denied', message, since, last_at };
    server.on('GET /v1/admin/customers/acme', { status: 200, body: customerJson({ key_problem }) });
    const { stdout } = await cli('show', 'acme');
    expect(stdout).toContain(`key fails     permission_denied since ${since}, last ${last_at}: ${message}\n`);
  });

  it('prints the bearer even when the CA does not become active in time', async () => {
    server.on('POST /v1/admin/customers', created()).on('GET /v1/admin/customers/acme', {
      status: 200,
      body: customerJson({ status: 'provisioning' }),
    });
    const { code, stdout, stderr } = await cli('create', 'acme', '--json', '--timeout', '2');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'provisioning', bearer: BEARER });
    expect(JSON.parse(stderr).error.message).toBe('acme is not active after 2 s (starting)');
  });

  it('prints the bearer even after Ctrl-C', async () => {
    const interruption = new AbortController();
    server.on('POST /v1/admin/customers', created()).on('GET /v1/admin/customers/acme', () => {
      interruption.abort();
      return 'hang up';
    });
    const { code, stdout } = await runCli(
      ['customer', 'create', 'acme', '--json'],
      { url: server.url },
      { signal: interruption.signal },
    );
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ bearer: BEARER });
  });

  it('says what to do when the answer was lost', async () => {
    server.on('POST /v1/admin/customers', () => 'hang up');
    const { code, stderr } = await cli('create', 'acme');
    expect(code).toBe(3);
    expect(stderr).toContain('stackrunner customer rotate-bearer acme');
  });

  it('reports a customer that exists', async () => {
    server.on('POST /v1/admin/customers', refuse(409, 'customer_exists', 'acme exists.'));
    const { code, stdout, stderr } = await cli('create', 'acme');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('error: customer_exists: acme exists. (request req-1)\n');
    expect(stderr).toContain('customer show');
  });

  it.each([
    ['--timeout', '0'],
    ['--root-algorithm', 'P-521'],
  ])('refuses %s %s', async (flag, value) => {
    const { code, stderr } = await cli('create', 'acme', flag, value);
    expect(code).toBe(2);
    expect(stderr).toContain(flag);
    expect(server.received).toHaveLength(0);
  });

  it.each(['../status', '', 'a/b', 'a b'])(
    'refuses the handle %j before it becomes a path',
    async (handle) => {
      const { code, stderr } = await cli('show', handle);
      expect(code).toBe(2);
      expect(stderr).toContain('is not a handle');
      expect(server.received).toHaveLength(0);
    },
  );
});

describe('customer show', () => {
  it('prints the server’s object with --json', async () => {
    server.on('GET /v1/admin/customers/acme', { status: 200, body: customerJson({ new_field: 1 }) });
    const { code, stdout } = await cli('show', 'acme', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(customerJson({ new_field: 1 }));
  });

  it('prints aligned facts for a person', async () => {
    server.on('GET /v1/admin/customers/acme', {
      status: 200,
      body: customerJson({ limits: { per_minute: null, per_month: 5000 } }),
    });
    const { stdout } = await cli('show', 'acme');
    expect(stdout).toContain('this minute   3 of unlimited\n');
    expect(stdout).toContain('this month    120 of 5000, resets 2026-06-01T00:00:00Z\n');
  });

  it('shows a person what holds up a ceremony, and what its CA may certify', async () => {
    server.on('GET /v1/admin/customers/acme', {
      status: 200,
      body: customerJson({
        status: 'provisioning',
        activated_at: null,
        ceremony_step: 'root_key',
        ceremony_problem: 'no answer from the KMS',
        name_constraints: { permitted_dns: ['a.example', 'b.example'] },
      }),
    });
    const { stdout } = await cli('show', 'acme');
    expect(stdout).toContain('provisioning (root_key: no answer from the KMS)\n');
    expect(stdout).toContain('permitted dns  a.example, b.example\n');
    expect(stdout).not.toContain('activated');
  });

  it('reports an unknown customer', async () => {
    server.on('GET /v1/admin/customers/nobody', refuse(404, 'customer_not_found', 'There is no nobody.'));
    const { code, stderr } = await cli('show', 'nobody', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'customer_not_found', message: 'There is no nobody.', request_id: 'req-1' },
    });
  });
});

describe('customer list', () => {
  it('follows the pages and prints one object', async () => {
    server
      .on('GET /v1/admin/customers?limit=500', {
        status: 200,
        body: { customers: [customerJson({ handle: 'a' })], next_page_token: 'a' },
      })
      .on('GET /v1/admin/customers?limit=500&page_token=a', {
        status: 200,
        body: { customers: [customerJson({ handle: 'b' })], next_page_token: '' },
      });
    const { code, stdout } = await cli('list', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).customers.map(({ handle }: { handle: string }) => handle)).toEqual(['a', 'b']);
  });

  it('prints a table, or says that there is none', async () => {
    server.on(
      'GET /v1/admin/customers?limit=500',
      { status: 200, body: { customers: [customerJson(), customerJson({ handle: 'longer-name' })] } },
      { status: 200, body: { customers: [] } },
    );
    const { stdout } = await cli('list');
    expect(stdout.split('\n')[0]).toBe('HANDLE       STATUS  CREATED               PKI');
    expect(stdout.split('\n')[1]).toMatch(/^acme {9}active/);
    expect((await cli('list')).stdout).toContain('stackrunner customer create HANDLE');
  });
});

describe.each([
  ['suspend', 'suspended'],
  ['resume', 'active'],
])('customer %s', (operation, status) => {
  it('prints the customer as it is then', async () => {
    server.on(`POST /v1/admin/customers/acme/${operation}`, { status: 200, body: customerJson({ status }) });
    const json = await cli(operation, 'acme', '--json');
    expect(json.code).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({ handle: 'acme', status });
    expect((await cli(operation, 'acme')).stdout).toContain(`status        ${status}\n`);
  });
});

describe('customer rotate-bearer', () => {
  it('prints the new bearer once', async () => {
    server.on('POST /v1/admin/customers/acme/rotate-bearer', {
      status: 200,
      body: customerJson({ bearer: BEARER }),
    });
    const json = await cli('rotate-bearer', 'acme', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ handle: 'acme', bearer: BEARER });
    const text = await cli('rotate-bearer', 'acme');
    expect(text.stdout.match(new RegExp(BEARER, 'g'))).toHaveLength(1);
    expect(text.stderr).toMatch(/shown this once/);
  });
});

describe('customer set-limits', () => {
  it.each([
    [['--per-minute', '2000'], { per_minute: 2000 }],
    [['--per-month', 'unlimited'], { per_month: null }],
    [['--per-minute', '0', '--per-month', '1000000000'], { per_minute: 0, per_month: 1_000_000_000 }],
  ])('%j', async (flags, body) => {
    server.on('PUT /v1/admin/customers/acme/limits', { status: 200, body: customerJson() });
    const { code, stdout } = await cli('set-limits', 'acme', ...flags, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(customerJson());
    expect(server.received[0]?.body).toEqual(body);
  });

  it.each([
    [[]],
    [['--per-minute', '-1']],
    [['--per-month', '1.5']],
    [['--per-month', '1000000001']],
    [['--per-month', '']],
  ])('refuses %j', async (flags) => {
    const { code, stderr } = await cli('set-limits', 'acme', ...flags);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    expect(server.received).toHaveLength(0);
  });
});
