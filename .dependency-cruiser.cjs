/** Import boundaries; scripts/boundaries.mjs runs them and asserts how many modules were read. */
const app = '^apps/([^/]+)/';
const lib = '^libs/([^/]+)/';
const testCode = '\\.(spec|story|fault)\\.ts$|^test/|^libs/testing/|^(apps|libs)/[^/]+/src/testing/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'types vanish when compiled: only a cycle of values is one',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'apps-never-import-apps',
      comment: 'standalone composes the services, each through its public module',
      severity: 'error',
      from: { path: app, pathNot: '^apps/(standalone|cli)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'composition-only-through-the-public-module',
      severity: 'error',
      from: { path: '^apps/(standalone|cli)/' },
      to: { path: app, pathNot: ['^apps/$1/', '^apps/([^/]+)/src/[^/]+\\.module\\.ts$'] },
    },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: lib }, to: { path: '^apps/' } },
    {
      name: 'libs-only-by-index',
      severity: 'error',
      from: { path: '^(apps|test|bench)/' },
      to: { path: lib, pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'libs-only-by-index-from-libs',
      severity: 'error',
      from: { path: lib },
      to: { path: lib, pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'test-code-stays-in-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: testCode },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'crypto-only-in-x509-and-kms',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/(x509|kms)/', testCode] },
      to: { path: '^(node:)?crypto$|^@peculiar/|^pkijs$|^asn1js$' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: testCode },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/src/gen/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
