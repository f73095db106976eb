// Finds Chromium, or installs Debian's where that is possible without asking: as root, with apt-get.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
  return folders
    .filter((folder) => folder !== '')
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable);
}

/**
 * The path of Chromium; undefined where there is none and it cannot be installed. The stories of the pages say what is
 * missing then.
 */
export function findChromium() {
  const found = onPath();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return undefined;
  console.log('installing chromium from Debian (once)');
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
  let result = install();
  if (result.status !== 0) {
    // A machine that never asked for lists of packages knows none.
    spawnSync('apt-get', ['update', '-qq']);
    result = install();
  }
  if (result.status !== 0)
    console.error(`chromium could not be installed: ${result.stderr.trim().split('\n').at(-1)}`);
  return onPath();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(findChromium() ?? 'none');
