import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './nats-server.js';

const run = promisify(execFile);

export interface ExampleCall {
  readonly nats: string;
  readonly user?: string;
  readonly password?: string;
  readonly handle: string;
  /** Path of a PKCS#10 request in PEM. */
  readonly csr: string;
  readonly ttlSeconds: number;
}

export interface ExampleOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One program of examples/grpc-over-nats, ready to run; or why this machine cannot run it. */
export type Example =
  | { readonly missing: string }
  | { readonly missing?: undefined; readonly mint: (call: ExampleCall) => Promise<ExampleOutcome> };

/**
 * Prepares an example as its README says, in a copy under .tools/, once for each state of its files.
 *
 * @throws Error under CI=true instead of saying what is missing
 */
export async function natsExample(language: 'python' | 'go'): Promise<Example> {
  const folder = join(projectRoot(), '.tools', 'examples', language);
  try {
    const command = await (language === 'python' ? preparePython(folder) : prepareGo(folder));
    return { mint: (call) => mint(command, call) };
  } catch (error) {
    const reason = `the ${language} example cannot run here: ${firstLine(error)}`;
    if (process.env.CI === 'true') throw new Error(reason, { cause: error });
    return { missing: reason };
  }
}

async function preparePython(folder: string): Promise<string[]> {
  await run('python3', ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']);
  const python = join(folder, '.venv', 'bin', 'python');
  await once(folder, 'python', async () => {
    const proto = join(projectRoot(), 'libs', 'contracts', 'proto');
    const files = readdirSync(proto, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.proto'),
    );
    await run('python3', ['-m', 'venv', join(folder, '.venv')]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(python, [...pip, '-r', join(folder, 'requirements.txt')]);
    const out = join(folder, 'gen');
    mkdirSync(out, { recursive: true });
    await run(python, ['-m', 'grpc_tools.protoc', '-I', proto, `--python_out=${out}`, ...files]);
  });
  return [python, join(folder, 'mint.py')];
}

async function prepareGo(folder: string): Promise<string[]> {
  await run('go', ['version']);
  await once(folder, 'go', async () => {
    const bin = join(projectRoot(), 'node_modules', '.bin');
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    const proto = join(projectRoot(), 'libs', 'contracts', 'proto');
    await run('buf', ['generate', proto], { cwd: folder, env });
    await run('go', ['build', '-o', 'mint', '.'], { cwd: folder, env });
  });
  return [join(folder, 'mint')];
}

/** Copies the example and prepares the copy, unless that was done for the very same files. */
async function once(folder: string, language: string, prepare: () => Promise<void>): Promise<void> {
  const source = join(projectRoot(), 'examples', 'grpc-over-nats', language);
  const stamp = join(folder, '.prepared');
  const state = digestOf([source, join(projectRoot(), 'libs', 'contracts', 'proto')]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of sourcesIn(source)) cpSync(join(source, name), join(folder, name));
  await prepare();
  writeFileSync(stamp, state);
}

function digestOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const name of sourcesIn(folder)) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
}

/** What is committed: nothing that a reader of the README has made in the folder himself. */
function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^[^/]*\.(py|txt|go|mod|sum|yaml)$|\.proto$/.test(name))
    .sort();
}

/** Both programs take the same options. */
async function mint([program = '', ...args]: string[], call: ExampleCall): Promise<ExampleOutcome> {
  const options = [
    ['--nats', call.nats],
    ['--handle', call.handle],
    ['--csr', call.csr],
    ['--ttl', String(call.ttlSeconds)],
    ...(call.user === undefined ? [] : [['--user', call.user]]),
    ...(call.password === undefined ? [] : [['--password', call.password]]),
  ];
  return new Promise((resolve) => {
    execFile(program, [...args, ...options.flat()], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n').slice(0, 3).join(' ');
}
