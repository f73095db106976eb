import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claimFreePort } from './free-port.js';

const sources = fileURLToPath(new URL('./relying-parties', import.meta.url));

/** The files of one certificate, in PEM. */
export interface Chain {
  readonly leaf: string;
  readonly key: string;
  readonly intermediate: string;
  readonly root: string;
}

/** Programs that decide for others whether a certificate is good: each says `good`, `revoked`, or what went wrong. */
export class RelyingParties {
  constructor(
    private readonly folder: string,
    private readonly chain: Chain,
    /** Base URL of the CA, as its certificates have it. */
    private readonly pkiUrl: string,
  ) {}

  /** At the URL that the certificate names. */
  async opensslOcsp(...flags: string[]): Promise<string> {
    const url = await run('openssl', ['x509', '-in', this.chain.leaf, '-noout', '-ocsp_uri']);
    return this.opensslOcspAt(url.trim(), ...flags);
  }

  async opensslOcspAt(url: string, ...flags: string[]): Promise<string> {
    const { leaf, intermediate, root } = this.chain;
    const trust = ['-issuer', intermediate, '-CAfile', root, '-verify_other', intermediate];
    const output = await run('openssl', ['ocsp', ...flags, ...trust, '-cert', leaf, '-url', url]);
    if (!output.includes('Response verify OK')) return output;
    return verdict(output, /: good/, /: revoked/);
  }

  async opensslVerify(...flags: string[]): Promise<string> {
    const { leaf, intermediate, root } = this.chain;
    const crls = await this.crls();
    const trust = ['-CAfile', root, '-untrusted', intermediate, '-CRLfile', crls];
    const output = await run('openssl', [
      'verify',
      '-x509_strict',
      '-crl_check_all',
      ...flags,
      ...trust,
      leaf,
    ]);
    return verdict(output, /: OK/, /certificate revoked/);
  }

  async ocsptool(): Promise<string> {
    const { leaf, intermediate } = this.chain;
    const answer = join(this.folder, 'ocsptool.der');
    const ask = [`--ask=${this.pkiUrl}/ocsp`, '--load-cert', leaf, '--load-issuer', intermediate];
    const output = await run('ocsptool', [...ask, '--outfile', answer]);
    const verified = await run('ocsptool', [
      '--verify-response',
      '--load-trust',
      intermediate,
      '--infile',
      answer,
    ]);
    if (!verified.includes('Success')) return output + verified;
    const text = await run('ocsptool', ['--response-info', '--infile', answer]);
    return verdict(text, /Certificate Status: good/, /Certificate Status: revoked/);
  }

  /** NSS with the CRLs imported, as a browser of its family has them. */
  async nss(): Promise<string> {
    const database = join(this.folder, `nss-${Math.random().toString(36).slice(2)}`);
    mkdirSync(database);
    const d = ['-d', `sql:${database}`];
    await run('certutil', ['-N', ...d, '--empty-password']);
    await run('certutil', ['-A', ...d, '-n', 'root', '-t', 'C,,', '-i', this.chain.root]);
    await run('certutil', ['-A', ...d, '-n', 'intermediate', '-t', ',,', '-i', this.chain.intermediate]);
    await run('certutil', ['-A', ...d, '-n', 'leaf', '-t', ',,', '-i', this.chain.leaf]);
    for (const name of ['root.crl', 'intermediate.crl']) {
      const imported = await run('crlutil', ['-I', ...d, '-i', await this.download(name)]);
      if (/fail|error/i.test(imported)) return imported;
    }
    return verdict(await run('certutil', ['-V', ...d, '-n', 'leaf', '-u', 'V']), /is valid/, /revoked/);
  }

  async strongswan(): Promise<string> {
    const { leaf, intermediate, root } = this.chain;
    const output = await run('pki', [
      '--verify',
      '--in',
      leaf,
      '--cacert',
      intermediate,
      '--cacert',
      root,
      '--online',
    ]);
    // Only what OCSP itself said: strongSwan falls back to the CRL.
    if (!/ocsp response correctly signed by/.test(output)) return output;
    return verdict(output, /certificate not revoked/, /certificate was revoked/);
  }

  /** golang.org/x/crypto/ocsp by GET and by POST, and crypto/x509 with the CRL. */
  async go(): Promise<string> {
    const program = join(this.folder, 'go-check');
    const built = await run('go', ['build', '-buildvcs=false', '-o', program, '.'], { cwd: sources });
    const output = await run(program, [this.chain.leaf, this.chain.intermediate, 'get', 'post', 'crl']);
    return unanimous(output) ?? built + output;
  }

  async java(how: 'ocsp' | 'crl'): Promise<string> {
    const { leaf, intermediate, root } = this.chain;
    const flags = ['-Dcom.sun.security.enableCRLDP=true', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
    const program = join(sources, 'CheckRevocation.java');
    return (await run('java', [...flags, program, leaf, intermediate, root, how])).trim();
  }

  /** nginx that staples its own status; what a client of it sees. */
  async nginxStapling(): Promise<string> {
    const { leaf, key, intermediate, root } = this.chain;
    const bundle = this.write('bundle.pem', await run('cat', [leaf, intermediate]));
    const trusted = this.write('trusted.pem', await run('cat', [intermediate, root]));
    const config = `ssl_certificate ${bundle}; ssl_certificate_key ${key};
      ssl_stapling on; ssl_stapling_verify on; ssl_trusted_certificate ${trusted};
      location / { return 200 "ok"; }`;
    return withNginx(this.folder, config, async (port, log) => {
      const connect = ['s_client', '-connect', `127.0.0.1:${port}`, '-status', '-servername', 'localhost'];
      // nginx asks with the first connection, and staples from then on.
      for (let attempt = 0; attempt < 40; attempt++) {
        const output = await run('openssl', connect);
        if (output.includes('OCSP Response Status: successful')) {
          return verdict(output, /Cert Status: good/, /Cert Status: revoked/);
        }
        // It staples nothing bad, and says why.
        if (/certificate status "revoked" in the OCSP response/.test(log())) return 'revoked';
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      return 'nothing is stapled';
    });
  }

  /** nginx with mutual TLS and `ssl_crl`; the leaf is the client's. */
  async nginxClientCrl(): Promise<string> {
    const { leaf, key, intermediate, root } = this.chain;
    const bundle = this.write('bundle.pem', await run('cat', [leaf, intermediate]));
    const trusted = this.write('trusted.pem', await run('cat', [intermediate, root]));
    const config = `ssl_certificate ${bundle}; ssl_certificate_key ${key};
      ssl_verify_client on; ssl_verify_depth 2; ssl_client_certificate ${trusted}; ssl_crl ${await this.crls()};
      location / { return 200 "welcome"; }`;
    return withNginx(this.folder, config, async (port) => {
      const client = ['--cert', bundle, '--key', key, '-k', '-sS', '--max-time', '10'];
      const output = await run('curl', [...client, `https://127.0.0.1:${port}/`]);
      return verdict(output, /^welcome$/m, /SSL certificate error/);
    });
  }

  /** A file of the CA in the test's folder. */
  async download(name: string): Promise<string> {
    const response = await fetch(`${this.pkiUrl}/${name}`);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return this.write(name, Buffer.from(await response.arrayBuffer()));
  }

  /** Both CRLs in PEM. */
  async crls(): Promise<string> {
    let text = '';
    for (const name of ['intermediate.crl', 'root.crl']) {
      text += await run('openssl', ['crl', '-inform', 'DER', '-in', await this.download(name)]);
    }
    return this.write('crls.pem', text);
  }

  private write(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }
}

function verdict(output: string, good: RegExp, revoked: RegExp): string {
  if (revoked.test(output)) return 'revoked';
  return good.test(output) ? 'good' : output;
}

/** The word that every line is. */
function unanimous(output: string): string | undefined {
  const words = new Set(output.trim().split('\n'));
  const [word] = words;
  return words.size === 1 ? word : undefined;
}

/** Standard output and error of a program, whatever its exit code; it has nothing to read. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(program, [...args], { timeout: 60_000, ...options }, (error, stdout, stderr) => {
      resolve(error && typeof error.code === 'string' ? `${program}: ${error.message}` : stdout + stderr);
    });
    child.stdin?.end();
  });
}

async function withNginx(
  folder: string,
  server: string,
  work: (port: number, log: () => string) => Promise<string>,
): Promise<string> {
  const port = await claimFreePort();
  const path = join(folder, `nginx-${port}.conf`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(' ');
  writeFileSync(
    path,
    `daemon off; master_process off; pid ${folder}/nginx-${port}.pid; error_log stderr warn;
    events { worker_connections 64; }
    http { access_log off; ${temporary} server { listen 127.0.0.1:${port} ssl; ${server} } }`,
  );
  const nginx = spawn('nginx', ['-c', path, '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  nginx.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => nginx.once('close', () => resolve()));
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      const reached = await run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-brief']);
      if (/CONNECTION ESTABLISHED/.test(reached)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const found = await work(port, () => errors);
    return found === 'good' || found === 'revoked' ? found : `${found}\n${errors}`;
  } finally {
    nginx.kill('SIGTERM');
    await ended;
  }
}
