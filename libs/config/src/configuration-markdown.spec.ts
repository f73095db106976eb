import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allOptions } from './all-options.js';
import { configurationMarkdown } from './configuration-markdown.js';

describe('the page about configuration', () => {
  const page = readFileSync(
    fileURLToPath(new URL('../../../docs/configuration.md', import.meta.url)),
    'utf8',
  );

  it('is what the schemas say', () => {
    expect(page).toBe(configurationMarkdown());
  });

  it('has every option, with its description and whether it is a secret', () => {
    const options = allOptions();
    expect(options.length).toBeGreaterThan(40);
    for (const { env, description, secret } of options) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${env}\``));
      expect(row).toContain(description);
      expect(row?.includes('🔒')).toBe(secret ?? false);
    }
  });

  it('has each option once', () => {
    const names = [...page.matchAll(/^\| `([A-Z][A-Z0-9_]+)`/gm)].map((match) => match[1]);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(names)).toEqual(new Set(allOptions().map(({ env }) => env)));
  });
});
