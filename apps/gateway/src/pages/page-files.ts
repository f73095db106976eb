import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Where scripts/build.mjs puts the pages, beside the gateway's own code. */
const built = fileURLToPath(new URL('../../../../dashboard', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

/** The built pages, read when they are first asked for: no request reaches the disk. */
export class PageFiles {
  private files: ReadonlyMap<string, PageFile> | undefined;

  constructor(private readonly folder: string = built) {}

  /** The one document that every page begins with; undefined where the pages are not built. */
  get document(): PageFile | undefined {
    return this.all().get('index.html');
  }

  /** @param name of a file in `assets` */
  asset(name: string): PageFile | undefined {
    return this.all().get(`assets/${name}`);
  }

  private all(): ReadonlyMap<string, PageFile> {
    this.files ??= new Map(
      ['', 'assets'].flatMap((below) => {
        const folder = join(this.folder, below);
        if (!existsSync(folder)) return [];
        return readdirSync(folder)
          .filter((name) => types[extname(name)] !== undefined)
          .map((name) => [join(below, name), read(join(folder, name))] as const);
      }),
    );
    return this.files;
  }
}

function read(path: string): PageFile {
  const plain = readFileSync(path);
  return { type: types[extname(path)] ?? '', plain, gzip: gzipSync(plain, { level: 9 }) };
}
