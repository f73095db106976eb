// What tests use beside npm's packages: nats-server (required), openssl (required), curl and jq, with which the documents'
// own command lines are played, Chromium, zlint with the Go that builds it, promtool, SoftHSM2, ministack, the relying
// parties of relying-parties.mjs, and a compiler for PKCS#11.
import { spawnSync } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { findChromium } from './chromium.mjs';
import { installDebian, isThere } from './debian.mjs';
import { findGo } from './go.mjs';
import { findMinistack } from './ministack.mjs';
import { findNatsServer } from './nats-server.mjs';
import { installCompiledPackages } from './packages.mjs';
import { findPromtool } from './promtool.mjs';
import { findRelyingParties } from './relying-parties.mjs';
import { findSoftHsm } from './softhsm.mjs';
import { findZlint } from './zlint.mjs';

/** Finds or installs them. Returns the PATH to test with; exits 1 when a required one is not to be had. */
export async function findTestTools() {
  const folders = [];
  if (spawnSync('python3', ['-c', 'import ensurepip, venv']).status !== 0) {
    installDebian(['python3-venv'], 'pkilint and ministack are installed with it');
  }
  if (!isThere('openssl')) installDebian(['openssl'], 'the tests verify certificates with it');
  const documents = ['curl', 'jq'].filter((tool) => !isThere(tool));
  installDebian(documents, "the documents' command lines use them");
  installCompiledPackages();

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
  const go = await findGo();
  if (go) {
    folders.push(go);
    process.env.PATH = [go, process.env.PATH].join(delimiter);
  }
  const zlint = findZlint();
  if (zlint) folders.push(zlint);
  const chromium = findChromium();
  if (chromium) folders.push(dirname(chromium));
  const relyingParties = findRelyingParties();
  if (relyingParties) folders.push(relyingParties);
  const promtool = findPromtool();
  if (promtool) folders.push(promtool);
  findSoftHsm();
  const ministack = findMinistack();
  if (ministack) folders.push(ministack);
  return [...folders, process.env.PATH].join(delimiter);
}
