import { randomBytes } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file: readers see the old or the new content whole, also after a crash. Mode 0600. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = await writeTemporary(path, content);
  await rename(temporary, path).catch(discard(temporary));
  await syncFolder(path);
}

/** Makes a file that must not exist yet. Returns false, and changes nothing, when it does. Mode 0600. */
export async function createFile(path: string, content: string): Promise<boolean> {
  const temporary = await writeTemporary(path, content);
  // A hard link fails when the name is taken, which a rename does not: of two processes one wins.
  const created = await link(temporary, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? false : discard(temporary)(error)),
  );
  await unlink(temporary);
  await syncFolder(path);
  return created;
}

async function writeTemporary(path: string, content: string): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    return await discard(temporary)(error);
  } finally {
    await file.close();
  }
  return temporary;
}

/** A new name is durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function discard(temporary: string): (error: unknown) => Promise<never> {
  return async (error) => {
    await unlink(temporary).catch(() => undefined);
    throw error;
  };
}
