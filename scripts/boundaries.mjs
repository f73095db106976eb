// Holds the import boundaries (.dependency-cruiser.cjs) and the rules that are about text:
// process.env only in libs/config, subjects only in libs/rpc.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

function sources(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return entry.name === 'gen' ? [] : sources(path);
    return path.endsWith('.ts') ? [relative(root, path)] : [];
  });
}

const isTest = (file) => /\.(spec|story|fault)\.ts$|^libs\/testing\/|\/src\/testing\//.test(file);
const textRules = [
  {
    name: 'process.env only in libs/config',
    pattern: /\bprocess\.env\b/,
    allowed: (file) => file.startsWith('libs/config/') || isTest(file),
  },
  {
    name: 'subjects only in libs/rpc',
    pattern: /['"`]stackrunner\.(rpc|event)\.(?!v\d)/,
    allowed: (file) => file.startsWith('libs/rpc/') || isTest(file),
  },
];

const files = ['apps', 'libs'].flatMap((dir) => sources(join(root, dir)));
const problems = [];
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  for (const rule of textRules) {
    if (!rule.allowed(file) && rule.pattern.test(text)) problems.push(`${rule.name}: ${file}`);
  }
}

const { output } = await cruise(
  ['apps', 'libs'],
  { ...options, ruleSet: { forbidden }, validate: true },
  {},
  { tsConfig: extractTSConfig('tsconfig.json') },
);
for (const { rule, from, to } of output.summary.violations) problems.push(`${rule.name}: ${from} → ${to}`);

// A cruiser that cannot read TypeScript passes everything, with no modules.
const read = new Set(output.modules.map((module) => module.source));
const unread = files.filter((file) => !read.has(file));
if (unread.length > 0)
  problems.push(`not read by the checker: ${unread.slice(0, 5).join(', ')} (${unread.length} in all)`);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${files.length} modules keep the import boundaries`);
