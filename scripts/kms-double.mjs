// npm run kms-double: starts a server or stand-in of a KMS in the background, and prints the environment that uses it.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './tools/packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const backends = ['aws', 'google', 'pkcs11', 'azure', 'vault'];
const help = `eval "$(npm run --silent kms-double -- BACKEND)"     BACKEND: ${backends.join(', ')}

Starts a KMS of that kind on the loopback and sets the environment for it; then STACKRUNNER_KMS=BACKEND npm start
uses it. AWS is ministack, PKCS#11 is SoftHSM2, the others are stand-ins that speak the wire of the real service.
The printed comment says how to stop it. Nothing of it is safe to keep real keys in.`;

const [backend, serving] = process.argv.slice(2);
if (!backends.includes(backend)) {
  console.error(help);
  process.exit(backend === '--help' ? 0 : 2);
}

/** What serves, by backend; resolves with the environment that uses it. */
async function start() {
  const testing = await import('../dist/libs/testing/src/index.js');
  switch (backend) {
    case 'aws': {
      const { findMinistack } = await import('./tools/ministack.mjs');
      const folder = findMinistack();
      if (!folder) process.exit(1);
      const ministack = await testing.startMinistack(join(folder, 'ministack'));
      process.once('SIGTERM', () => void ministack.stop().finally(() => process.exit(0)));
      return ministack.freshAccount();
    }
    case 'google':
      return (await testing.startGoogleDouble()).env;
    case 'azure':
      return (await testing.startAzureDouble()).env;
    case 'vault':
      return (await testing.startVaultDouble()).env;
  }
}

const folder = join(root, '.tools', 'kms-double', `${backend}-${process.pid}`);
const environment = (env) =>
  Object.entries({ STACKRUNNER_DATA_DIR: join(folder, 'data'), ...env })
    .map(([name, value]) => `export ${name}='${value}'`)
    .join('\n');

if (serving === 'serve') {
  process.send({ env: await start() });
  process.disconnect();
  // A stand-in serves until it is killed.
  setInterval(() => undefined, 60_000);
} else {
  // Standard output is the shell's: nothing else may go there.
  const log = console.log;
  console.log = console.error;
  installPackages();
  const { build } = await import('./build.mjs');
  build();
  mkdirSync(folder, { recursive: true });
  if (backend === 'pkcs11') {
    const { findSoftHsm, softHsmConfig } = await import('./tools/softhsm.mjs');
    if (!findSoftHsm()) process.exit(1);
    const { startSoftHsm } = await import('../dist/libs/testing/src/index.js');
    log(
      environment(startSoftHsm({ config: softHsmConfig(join(folder, 'softhsm')), token: 'stackrunner' }).env),
    );
  } else {
    const out = openSync(join(folder, 'log'), 'w');
    const script = fileURLToPath(import.meta.url);
    const stdio = ['ignore', out, out, 'ipc'];
    const child = spawn(process.execPath, [script, backend, 'serve'], { detached: true, stdio });
    child.once('exit', () => {
      console.error(`It did not start:\n${readFileSync(join(folder, 'log'), 'utf8')}`);
      rmSync(folder, { recursive: true });
      process.exit(1);
    });
    child.once('message', ({ env }) => {
      log(`# to stop it: kill ${child.pid}\nexport KMS_DOUBLE_PID='${child.pid}'\n${environment(env)}`);
      child.unref();
      process.exit(0);
    });
  }
}
