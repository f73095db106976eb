import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.js';
import { loadConfig } from './load-config.js';
import type { ProcessName } from './schemas.js';
import { ConfigError } from './start-error.js';

const issuer: Environment = {
  STACKRUNNER_DATABASE_URL: 'postgres://stackrunner_issuer:hunter2hunter2@db/stackrunner',
  STACKRUNNER_KMS_LOCAL_DIR: '/keys',
  STACKRUNNER_PKI_URL: 'http://pki.example.com/pki/',
};

function failure(process: ProcessName, env: Environment): string {
  try {
    loadConfig(process, { env, warn: () => undefined });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return String((error as Error).message);
  }
  throw new Error('it was taken');
}

describe('the configuration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has a default for everything that standalone reads', () => {
    const config = loadConfig('standalone', { env: {} });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: '.stackrunner',
      baseDomain: 'stackrunner.localhost',
      bodyLimit: 1_048_576,
      operations: { host: '127.0.0.1', port: 9464, logLevel: 'info' },
    });
    expect(config.publicUrl).toBeUndefined();
  });

  it('reads groups, numbers and URLs', () => {
    const env = { ...issuer, STACKRUNNER_DATABASE_POOL: '7', STACKRUNNER_ISSUER_WORKERS: '0' };
    expect(loadConfig('issuer', { env })).toMatchObject({
      database: { poolSize: 7, url: issuer.STACKRUNNER_DATABASE_URL },
      kms: { backend: 'local', localDir: '/keys' },
      pkiUrl: 'http://pki.example.com/pki',
      workers: 0,
    });
  });

  it('is frozen to its last group', () => {
    const config = loadConfig('issuer', { env: issuer });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.database)).toBe(true);
  });

  it('takes an empty value as unset', () => {
    expect(loadConfig('standalone', { env: { STACKRUNNER_PORT: '' } }).port).toBe(8080);
  });

  it.each<[ProcessName, Environment, string]>([
    ['standalone', { STACKRUNNER_PORT: '80801' }, 'STACKRUNNER_PORT must be a whole number from 0 to 65535.'],
    ['standalone', { STACKRUNNER_PORT: '80 ' }, 'STACKRUNNER_PORT must be a whole number from 0 to 65535.'],
    ['standalone', { STACKRUNNER_PORT: '1e3' }, 'STACKRUNNER_PORT must be a whole number from 0 to 65535.'],
    [
      'standalone',
      { STACKRUNNER_LOG_LEVEL: 'loud' },
      'STACKRUNNER_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent.',
    ],
    [
      'standalone',
      { STACKRUNNER_PUBLIC_URL: 'example.com' },
      'STACKRUNNER_PUBLIC_URL must be a URL that starts with http:// or https://.',
    ],
    [
      'standalone',
      { STACKRUNNER_BASE_DOMAIN: 'Example.com.' },
      'STACKRUNNER_BASE_DOMAIN must be a lower-case domain name without a trailing dot.',
    ],
    ['issuer', { ...issuer, STACKRUNNER_PKI_URL: '' }, 'STACKRUNNER_PKI_URL must be set: Base URL of CRL'],
    ['issuer', {}, 'STACKRUNNER_DATABASE_URL (or STACKRUNNER_DATABASE_URL_FILE) must be set: PostgreSQL'],
  ])('stops %s with one line that names the variable: %j', (process, env, line) => {
    const message = failure(process, env);
    expect(message).toContain(line);
    expect(message).not.toContain('\n');
  });

  it('never shows a secret that it refuses', () => {
    const env = { STACKRUNNER_OPERATOR_TOKEN: 'short-and-secret' };
    expect(failure('standalone', env)).toBe(
      'STACKRUNNER_OPERATOR_TOKEN (or STACKRUNNER_OPERATOR_TOKEN_FILE) must have at least 32 characters.',
    );
    const badUrl = { ...issuer, STACKRUNNER_DATABASE_URL: 'mysql://me:sesame@db/x' };
    expect(failure('issuer', badUrl)).not.toContain('sesame');
  });

  it('reads a secret from the file that its _FILE variable names', () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${'t'.repeat(40)}\n`);
    const env = { STACKRUNNER_OPERATOR_TOKEN_FILE: file };
    expect(loadConfig('standalone', { env }).operatorToken).toBe('t'.repeat(40));
  });

  it('refuses a secret that is given twice, and a file that cannot be read', () => {
    const file = join(folder, 'none');
    expect(failure('standalone', { STACKRUNNER_OPERATOR_TOKEN_FILE: file })).toBe(
      `STACKRUNNER_OPERATOR_TOKEN_FILE names ${file}, which cannot be read (ENOENT).`,
    );
    const twice = { STACKRUNNER_OPERATOR_TOKEN_FILE: file, STACKRUNNER_OPERATOR_TOKEN: 'x'.repeat(32) };
    expect(failure('standalone', twice)).toBe(
      'STACKRUNNER_OPERATOR_TOKEN and STACKRUNNER_OPERATOR_TOKEN_FILE are both set: keep one.',
    );
  });

  it('warns of a name that nobody knows, and knows what was meant', () => {
    const warnings: string[] = [];
    const env = {
      STACKRUNNER_PROT: '80',
      STACKRUNNER_BLUE_CHEESE: '1',
      STACKRUNNER_PORT_FILE: '/x',
      PATH: '/bin',
    };
    loadConfig('standalone', { env, warn: (line) => warnings.push(line) });
    expect(warnings).toEqual([
      'STACKRUNNER_BLUE_CHEESE is not an option and has no effect; docs/configuration.md lists what there is.',
      'STACKRUNNER_PORT_FILE is not an option and has no effect; did you mean STACKRUNNER_PORT?',
      'STACKRUNNER_PROT is not an option and has no effect; did you mean STACKRUNNER_PORT?',
    ]);
  });

  it('says nothing about a name that another process reads', () => {
    const warnings: string[] = [];
    loadConfig('standalone', { env: issuer, warn: (line) => warnings.push(line) });
    expect(warnings).toEqual([]);
  });
});
