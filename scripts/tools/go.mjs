// Finds Go, or gets its toolchain from the Go module proxy into .tools/: zlint and the Go example are built with it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere } from './debian.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tools = join(root, '.tools');
const version = '1.26.0';
/** SHA-256 of the toolchain's archive by Node's name of the processor. */
const archives = {
  x64: ['amd64', '38461905b98c59173672814302e222ab43b652274bc0c95817b08b71ab66b705'],
  arm64: ['arm64', '4c3f961bc257ff52e7a425166f9f75015f645dff071d01a81823455ffe646609'],
};

/** The archive keeps no permissions: what the toolchain runs becomes executable again. */
function makeExecutable(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
}

async function download(home) {
  const [processor, sha256] = archives[process.arch] ?? [];
  if (process.platform !== 'linux' || processor === undefined)
    return 'no archive for this platform is known here';
  const name = `v0.0.1-go${version}.linux-${processor}`;
  const answer = await fetch(`https://proxy.golang.org/golang.org/toolchain/@v/${name}.zip`);
  if (!answer.ok) return `the module proxy answered ${answer.status}`;
  const archive = Buffer.from(await answer.arrayBuffer());
  if (createHash('sha256').update(archive).digest('hex') !== sha256) return 'the archive has another SHA-256';
  mkdirSync(tools, { recursive: true });
  const work = mkdtempSync(join(tools, 'go-'));
  try {
    writeFileSync(join(work, 'go.zip'), archive);
    const unzip = ['-m', 'zipfile', '-e', join(work, 'go.zip'), work];
    const { status, stderr } = spawnSync('python3', unzip, { encoding: 'utf8' });
    if (status !== 0) return `python3 could not unpack it: ${stderr?.trim().split('\n').at(-1)}`;
    const unpacked = join(work, `golang.org/toolchain@${name}`);
    for (const folder of ['bin', 'pkg/tool']) makeExecutable(join(unpacked, folder));
    renameSync(unpacked, home);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @returns the folder that holds go, undefined where it is on the PATH already or not to be had */
export async function findGo() {
  if (isThere('go')) return undefined;
  const home = join(tools, `go-${version}`);
  if (!existsSync(home)) {
    console.log(`getting Go ${version} into .tools/ (once): zlint is built with it`);
    const problem = await download(home).catch((error) => String(error.cause ?? error));
    if (problem !== undefined) {
      console.error(`Go could not be installed: ${problem}`);
      return undefined;
    }
  }
  return join(home, 'bin');
}
