import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CliFailure, exitCodes, isError, messageOf, usageError } from '../cli-failure.js';

const sessionSchema = z.object({ token: z.string(), expires_at: z.string() });
const fileSchema = z.record(z.string(), sessionSchema);

export type StoredSession = z.infer<typeof sessionSchema>;

/** Sessions by the server's base URL, in a file that only its owner can read. */
export class SessionFile {
  readonly path: string;

  /** @param path default: `.config/stackrunner/sessions.json` in the home folder */
  constructor(path: string | undefined) {
    this.path = path ?? join(homedir(), '.config', 'stackrunner', 'sessions.json');
  }

  /** @throws CliFailure exit code 2 when there is none for this server */
  async token(url: string): Promise<string> {
    const session = (await this.read())[url];
    if (session !== undefined) return session.token;
    throw usageError(`you are not signed in to ${url}`, 'Sign in with: stackrunner login');
  }

  async put(url: string, session: StoredSession): Promise<void> {
    await this.write({ ...(await this.read()), [url]: session });
  }

  async remove(url: string): Promise<void> {
    const { [url]: _ended, ...others } = await this.read();
    await this.write(others);
  }

  private async read(): Promise<Readonly<Record<string, StoredSession>>> {
    try {
      return fileSchema.parse(JSON.parse(await readFile(this.path, 'utf8')));
    } catch (cause) {
      if (isError(cause) && 'code' in cause && cause.code === 'ENOENT') return {};
      throw usageError(
        `cannot read the sessions in ${this.path}: ${messageOf(cause)}`,
        'Remove the file and sign in again.',
      );
    }
  }

  private async write(sessions: Readonly<Record<string, StoredSession>>): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      const draft = `${this.path}.new`;
      await writeFile(draft, `${JSON.stringify(sessions, null, 2)}\n`, { mode: 0o600 });
      await chmod(draft, 0o600);
      await rename(draft, this.path);
    } catch (cause) {
      throw new CliFailure(exitCodes.failed, `cannot write ${this.path}: ${messageOf(cause)}`);
    }
  }
}
