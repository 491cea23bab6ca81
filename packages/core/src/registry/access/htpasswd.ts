import { ImageError } from '../../errors.js';
import { verb, wording } from '../../wording.js';

/**
 * Parses the content of an htpasswd file: the bcrypt hash of each user.
 *
 * @throws ImageError USAGE (an invalid line)
 */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, user, hash] = /^([^:]+):(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})$/.exec(line.trim()) ?? [];
    if (user === undefined || hash === undefined)
      throw new ImageError('USAGE', `htpasswd, line ${at + 1}: not USER:HASH with a bcrypt hash`, {
        hint: wording`Write the line with ${verb('setPassword')}, or with htpasswd -B FILE USER.`,
      });
    hashes.set(user, hash);
  }
  return hashes;
}

/** A user name in an htpasswd file: no colon, no line break, and not the `*` of rules. */
const USER = /^(?!\*$)[^:\p{Cc}\s#][^:\p{Cc}]*$/u;

/**
 * Sets the hash of a user in the content of an htpasswd file; all other lines stay as they are.
 *
 * @throws ImageError USAGE (a name that cannot stand in the file)
 */
export function withUser(text: string, user: string, hash: string): string {
  if (!USER.test(user) || user.length > MAX_USER_CHARACTERS)
    throw new ImageError(
      'USAGE',
      `user: ${JSON.stringify(user)} is not a name for an htpasswd file`,
      {
        hint: `A name has 1 to ${MAX_USER_CHARACTERS} characters, no colon and no control character; it is not * and does not begin with # or a space.`,
      },
    );
  const line = `${user}:${hash}`;
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split('\n');
  const isOwn = (each: string): boolean => each.startsWith(`${user}:`);
  const first = lines.findIndex(isOwn);
  const kept = lines.flatMap((each, at) => (!isOwn(each) ? [each] : at === first ? [line] : []));
  return `${(first < 0 ? [...lines, line] : kept).join('\n')}\n`;
}

const MAX_USER_CHARACTERS = 255;
