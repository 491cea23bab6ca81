import { chmod, chown, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { genSalt, hash, truncates } from 'bcryptjs';
import { statIfExists } from '../../disk/allocated.js';
import { syncFolder, writeNew } from '../../disk/atomic-write.js';
import { rename } from '../../disk/busy/retried.js';
import { ignoreMissing, readTextIfExists } from '../../disk/if-there.js';
import { withLock } from '../../disk/lock.js';
import { ImageError } from '../../errors.js';
import { parseHtpasswd, withUser } from '../../registry/access/htpasswd.js';

/** The cost of bcrypt: 2¹⁰ rounds, as a login takes a thread of the registry for that long. */
const ROUNDS = 10;

/** Options of {@link setPassword}. */
export interface SetPasswordOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  readonly user: string;
  readonly password: string;
}

/** Whose password was set. */
export interface PasswordSet {
  readonly file: string;
  readonly user: string;
  /** Whether the user is new in the file. */
  readonly isNew: boolean;
}

/**
 * Sets the password of a user in an htpasswd file (bcrypt), which is created for its owner only. A registry that runs uses
 * it at the next login.
 *
 * @throws ImageError USAGE (a user name, a password that is empty or over 72 bytes, an invalid file)
 */
export async function setPassword(
  path: string,
  { cwd, user, password }: SetPasswordOptions,
): Promise<PasswordSet> {
  const given = resolve(cwd, path);
  const file = (await ignoreMissing(() => realpath(given))) ?? given;
  if (password === '' || /[\r\n\0]/.test(password) || truncates(password))
    throw new ImageError('USAGE', 'password: it has to be one line of 1 to 72 bytes', {
      hint: 'bcrypt ignores what is beyond 72 bytes.',
    });
  const hashed = await hash(password, await genSalt(ROUNDS));
  return withLock(`${file}.lock`, async () => {
    const text = await readTextIfExists(file);
    const isNew = !parseHtpasswd(text).has(user);
    await replace(file, withUser(text, user, hashed));
    return { file, user, isNew };
  });
}

/** Replaces a file atomically; owner and mode stay, so that a registry of another user can still read it. */
async function replace(file: string, text: string): Promise<void> {
  const partial = `${file}.partial`;
  await writeNew(partial, [Buffer.from(text)], { privateTo: dirname(file) });
  const before = await statIfExists(file);
  if (before) {
    // Only root may give a file away; another user owned it before, or could not write the folder.
    await chown(partial, before.uid, before.gid).catch(() => undefined);
    await chmod(partial, before.mode & 0o777);
  }
  await rename(partial, file);
  await syncFolder(dirname(file));
}
