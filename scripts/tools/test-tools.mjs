// The programs that tests use beside npm's packages: nats-server (required), openssl (required), zlint,
// promtool, SoftHSM2, ministack, and the relying parties of relying-parties.mjs.
import { spawnSync } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { findMinistack } from './ministack.mjs';
import { findNatsServer } from './nats-server.mjs';
import { findPromtool } from './promtool.mjs';
import { findRelyingParties } from './relying-parties.mjs';
import { findSoftHsm } from './softhsm.mjs';
import { findZlint } from './zlint.mjs';

/** Finds or installs them. Returns the PATH to test with; exits 1 when a required one is not to be had. */
export function findTestTools() {
  const folders = [];
  try {
    folders.push(dirname(findNatsServer()));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  if (spawnSync('openssl', ['version']).status !== 0) {
    console.error(
      'openssl was not found; the tests verify certificates with it (Debian: apt-get install openssl).',
    );
    process.exit(1);
  }
  const zlint = findZlint();
  if (zlint) folders.push(zlint);
  const relyingParties = findRelyingParties();
  if (relyingParties) folders.push(relyingParties);
  const promtool = findPromtool();
  if (promtool) folders.push(promtool);
  findSoftHsm();
  const ministack = findMinistack();
  if (ministack) folders.push(ministack);
  return [...folders, process.env.PATH].join(delimiter);
}
