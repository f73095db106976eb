// Gathers what a process loads from dist/ and node_modules into a few files of dist/bundle/, and makes the entries in
// dist/ one line each that load them: some 2,900 files take two seconds to find, read and link, a dozen take half.
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const bundle = join(dist, 'bundle');

const entries = {
  standalone: 'apps/standalone/src/main.js',
  replica: 'apps/standalone/src/replica.main.js',
  services: 'apps/standalone/src/services.main.js',
  gateway: 'apps/gateway/src/main.js',
  issuer: 'apps/issuer/src/main.js',
  'mint-worker': 'apps/issuer/src/mint/mint.worker.js',
  'pkcs11-worker': 'libs/kms/src/pkcs11/pkcs11.worker.js',
  provisioner: 'apps/provisioner/src/main.js',
  revocation: 'apps/revocation/src/main.js',
  billing: 'apps/billing/src/main.js',
  cli: 'apps/cli/src/main.js',
};

/** What only some installations load, and only when they ask for it, stays a package of its own. */
const loadedOnDemand = [
  /^@aws-sdk\//,
  /^@azure\//,
  /^@google-cloud\//,
  /^@grpc\//,
  /^@opentelemetry\/(exporter|resources|sdk)/,
  /^google-auth-library/,
  /^pkcs11js/,
];

/** Our modules go on finding files beside the place that they were compiled to. */
const ownPlaces = {
  name: 'own-places',
  transform: {
    filter: { id: /\/dist\/(apps|libs)\// },
    handler(code, id) {
      if (!code.includes('import.meta.url')) return null;
      const place = JSON.stringify(relative(bundle, id));
      return code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`);
    },
  },
};

/** It asks Node for TypeORM, which would load a second one beside the bundled one. */
const oneTypeOrm = {
  name: 'one-typeorm',
  transform: {
    filter: { id: /@nestjs\/typeorm\/dist\/common\/typeorm-compat\.js$/ },
    handler: (code) => code.replace('const require = createRequire(import.meta.url);', ''),
  },
};

const input = Object.entries(entries).map(([name, path]) => [name, join(dist, path)]);
const build = await rolldown({
  cwd: root,
  platform: 'node',
  input: Object.fromEntries(input),
  external: loadedOnDemand,
  plugins: [ownPlaces, oneTypeOrm],
  // Packages name others that they can use where they are installed; Node says at run time that one is missing.
  onLog(level, log, print) {
    if (log.code !== 'UNRESOLVED_IMPORT' || !/node_modules/.test(log.id ?? log.message)) print(level, log);
  },
});
rmSync(bundle, { recursive: true, force: true });
await build.write({
  dir: bundle,
  format: 'esm',
  // Nest and TypeORM know classes by their names.
  keepNames: true,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
});
for (const [name, path] of Object.entries(entries)) {
  const to = relative(dirname(join(dist, path)), join(bundle, `${name}.js`));
  writeFileSync(join(dist, path), `export * from '${to.replaceAll('\\', '/')}';\n`);
  rmSync(join(dist, `${path}.map`), { force: true });
}
