import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminDouble } from '../testing/admin-double.js';
import { runCli } from '../testing/run-cli.js';

const login = {
  device_code: 'd'.repeat(43),
  user_code: 'BCDF-GHJK',
  verification_uri: 'http://ca/dashboard/device',
  verification_uri_complete: 'http://ca/dashboard/device?code=BCDF-GHJK',
  expires_in: 600,
  interval: 2,
};
const who = {
  person: { email: 'ada@example.com', name: null, issuer: 'https://issuer.example' },
  account: { handle: 'acme', tier: 'dev', status: 'active' },
};

describe('login', () => {
  let server: AdminDouble;
  let folder: string;
  let sessionFile: string;
  beforeAll(async () => {
    server = await AdminDouble.start();
    folder = await mkdtemp(join(tmpdir(), 'cli-'));
    sessionFile = join(folder, 'below', 'sessions.json');
  });
  beforeEach(() => {
    server.reset();
    server.on('POST /v1/device', { status: 200, body: login });
    server.on('GET /v1/account', { status: 200, body: who });
    server.on('POST /v1/sign-out', { status: 200, body: { status: 'signed_out' } });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  const redeems = (body: object) => server.on('POST /v1/device/token', { status: 200, body });
  const cli = (...argv: string[]) => runCli(argv, { url: server.url, sessionFile });

  it('keeps the session in a file of its owner, which the other commands use', async () => {
    expect((await cli('whoami')).code).toBe(2);
    redeems({ status: 'approved', token: 'session_secret', expires_in: 3_600 });
    const { code, stdout, stderr } = await cli('login');
    expect([code, stdout]).toEqual([0, 'Signed in as ada@example.com, acme (dev, active)\n']);
    expect(stderr).toContain('BCDF-GHJK');
    expect(stderr).toContain(login.verification_uri_complete);
    expect(stdout + stderr).not.toContain('session_secret');
    expect((await stat(sessionFile)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(sessionFile, 'utf8'))).toEqual({
      [server.url]: { token: 'session_secret', expires_at: '1970-01-01T01:00:00.000Z' },
    });
    expect(JSON.parse((await cli('whoami', '--json')).stdout)).toEqual(who);
    expect(await cli('logout')).toMatchObject({ code: 0, stdout: `Signed out of ${server.url}\n` });
    expect(JSON.parse(await readFile(sessionFile, 'utf8'))).toEqual({});
  });

  it('ends when it is denied, and when nobody approves it', async () => {
    redeems({ status: 'denied' });
    expect(await cli('login')).toMatchObject({ code: 1, stdout: '' });
    redeems({ status: 'expired' });
    expect((await cli('login')).stderr).toContain('expired');
    redeems({ status: 'pending' });
    expect((await cli('login')).stderr).toContain('expired');
  });
});
