import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PageFiles } from './page-files.js';

describe('the files of the pages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-files-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are those of the build, and nothing else', () => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'assets', 'index-1.js'), 'export {};');
    writeFileSync(join(folder, '.built'), '');
    const files = new PageFiles(folder);
    expect(files.document?.type).toBe('text/html; charset=utf-8');
    const script = files.asset('index-1.js');
    expect(script?.type).toBe('text/javascript; charset=utf-8');
    expect(gunzipSync(script?.gzip ?? '').toString()).toBe('export {};');
    for (const name of ['../index.html', '..', '', 'other.js', '/etc/passwd', '__proto__', 'constructor']) {
      expect(files.asset(name)).toBeUndefined();
    }
  });

  it('are none where they were not built', () => {
    expect(new PageFiles(join(folder, 'nowhere')).document).toBeUndefined();
  });
});
