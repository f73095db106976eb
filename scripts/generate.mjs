// Generates libs/contracts/src/gen from the .proto files. With --check it changes nothing, and exits 1 when the
// committed code is not what the .proto files say.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const generated = 'libs/contracts/src/gen';

function buf(args) {
  const result = spawnSync(join(bin, 'buf'), args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  if (result.status === 0) return;
  console.error(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trim());
  process.exit(1);
}

function files(folder, found = new Map(), base = folder) {
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files(path, found, base);
    else found.set(relative(base, path), readFileSync(path, 'utf8'));
  }
  return found;
}

/** The files that differ between two folders, missing ones included. */
function differences(wanted, present) {
  return [...new Set([...wanted.keys(), ...present.keys()])].filter(
    (name) => wanted.get(name) !== present.get(name),
  );
}

/** The output folders of buf.gen.yaml are placed under the given one. */
function generate(into) {
  buf(['generate', '--output', into]);
  return files(join(into, generated));
}

const work = mkdtempSync(join(tmpdir(), 'stackrunner-generate-'));
try {
  const wanted = generate(work);
  const changed = differences(wanted, files(join(root, generated)));
  const listed = changed.map((name) => `  ${generated}/${name}`).join('\n');
  if (changed.length === 0) console.log(`${generated} is current`);
  else if (process.argv.includes('--check')) {
    console.error(`Not current, run npm run generate:\n${listed}`);
    process.exitCode = 1;
  } else {
    for (const name of changed) write(join(root, generated, name), wanted.get(name));
    console.log(`generated\n${listed}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** One file after the other: nobody who builds meanwhile finds the folder empty. */
function write(path, text) {
  if (text === undefined) return rmSync(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
