import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Product } from './product.js';

const run = promisify(execFile);

/** A customer's terminal: a folder, a few variables, and bash with the command lines of the documents. */
export class Shell {
  readonly folder = mkdtempSync(join(tmpdir(), 'stackrunner-shell-'));
  private readonly variables: Record<string, string> = {};

  constructor(private readonly product: Product) {}

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  set(name: string, value: string): void {
    this.variables[name] = value;
  }

  /** Runs lines of bash; the first command that fails ends them. Gives what they print. */
  async run(script: string): Promise<string> {
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: this.folder,
      env: {
        ...process.env,
        ORIGIN: this.product.origin,
        STACKRUNNER: `${process.execPath} ${resolve('scripts/stackrunner.mjs')}`,
        STACKRUNNER_URL: this.product.origin,
        STACKRUNNER_DATA_DIR: this.product.dataDir,
        ...this.variables,
      },
    });
    return stdout.trim();
  }
}
