// Finds Chromium, or installs Debian's where that can be done without asking.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebian } from './debian.mjs';

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
  installDebian(['chromium'], 'stories walk the account pages in it');
  return onPath();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(findChromium() ?? 'none');
