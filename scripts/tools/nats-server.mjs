// Finds a nats-server, or gets Debian's into .tools/ without becoming root. Plain JavaScript: scripts need it
// before anything is built, and libs/testing uses this same file.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = join(root, '.tools');
const unpacked = join(tools, 'nats-server');

const help = [
  'nats-server was not found. Get it in one of these ways:',
  '  Debian, Ubuntu:  apt-get install nats-server',
  '  macOS:           brew install nats-server',
  '  with Go:         go install github.com/nats-io/nats-server/v2@latest',
  'and see that it is on the PATH.',
].join('\n');

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath() {
  // Debian installs it where only root's PATH looks.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.filter((folder) => folder !== '').map((folder) => join(folder, 'nats-server'));
}

function inTools() {
  return ['usr/sbin', 'usr/bin'].map((folder) => join(unpacked, folder, 'nats-server'));
}

/** Debian's package, unpacked beside the project. Returns why that failed, or undefined. */
function download() {
  mkdirSync(tools, { recursive: true });
  const work = mkdtempSync(join(tools, 'nats-server-'));
  try {
    const steps = [
      ['apt-get', ['download', 'nats-server']],
      ['dpkg-deb', () => ['-x', ...readdirSync(work).filter((name) => name.endsWith('.deb')), 'tree']],
    ];
    for (const [command, args] of steps) {
      const list = typeof args === 'function' ? args() : args;
      const result = spawnSync(command, list, { cwd: work, encoding: 'utf8' });
      if (result.error) return `${command} is not there`;
      if (result.status !== 0) return `${command}: ${result.stderr.trim().split('\n').at(-1)}`;
    }
    rmSync(unpacked, { recursive: true, force: true });
    renameSync(join(work, 'tree'), unpacked);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * The path of a nats-server: from the PATH, from .tools/, or from Debian's package.
 * Throws an Error whose message tells a person what to do when there is none.
 */
export function findNatsServer({ install = true } = {}) {
  const found = [...onPath(), ...inTools()].find(isExecutable);
  if (found !== undefined) return found;
  const reason = install ? download() : undefined;
  const unpackedNow = inTools().find(isExecutable);
  if (unpackedNow !== undefined) return unpackedNow;
  throw new Error(reason === undefined ? help : `${help}\n(apt-get download did not work: ${reason})`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(findNatsServer());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
