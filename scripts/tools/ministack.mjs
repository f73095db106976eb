// Finds ministack (a stand-in for AWS KMS), or installs it into .tools/ where Python is at hand.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const environment = join(root, '.tools', 'ministack-1.5.33');
const packages = ['ministack==1.5.33', 'cryptography', 'hypercorn'];

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The folder that holds ministack; undefined where there is none and Python cannot install it. */
export function findMinistack() {
  const own = join(environment, 'bin');
  const folders = [...(process.env.PATH ?? '').split(delimiter), own];
  const found = folders.find((folder) => folder !== '' && isExecutable(join(folder, 'ministack')));
  if (found) return found;
  console.log('installing ministack into .tools/ (once)');
  const steps = [
    ['python3', ['-m', 'venv', environment]],
    [join(own, 'pip'), ['install', '-q', '--disable-pip-version-check', ...packages]],
  ];
  for (const [command, args] of steps) {
    const result = spawnSync(command, args, { encoding: 'utf8' });
    if (result.status === 0) continue;
    const reason = result.error?.message ?? result.stderr.trim().split('\n').at(-1);
    console.error(`ministack could not be installed: ${reason} (Debian: apt-get install python3-venv)`);
    if (existsSync(environment)) rmSync(environment, { recursive: true });
    return undefined;
  }
  return own;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = findMinistack();
  if (folder) console.log(join(folder, 'ministack'));
  process.exit(folder ? 0 : 1);
}
