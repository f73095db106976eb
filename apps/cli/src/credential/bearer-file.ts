import { access, constants, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, usageError } from '../cli-failure.js';
import { handleInPath } from '../server/server-client.js';

const folder = '.creds';

/** Where a scoped credential is kept, for its owner's eyes only. */
export interface BearerFile {
  /** From the working folder. */
  readonly path: string;
  /** Replaces what was there at once, with mode 0600 whatever it had. */
  write(bearer: string): Promise<void>;
}

/**
 * @param draftId names the draft apart from those of other commands that run now
 * @throws CliFailure exit code 2 when nothing could be written there
 */
export async function prepareBearerFile(handle: string, draftId: string): Promise<BearerFile> {
  const path = join(folder, `${handleInPath(handle)}-crosssign-bearer.txt`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw usageError(`cannot write to ${folder}: ${messageOf(cause)}`);
  }
  return {
    path,
    async write(bearer) {
      const draft = `${path}.${draftId}`;
      try {
        await writeFile(draft, `${bearer}\n`, { mode: 0o600, flag: 'wx' });
        await rename(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}
