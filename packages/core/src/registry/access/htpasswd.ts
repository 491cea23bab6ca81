import { ImageError } from '../../errors.js';

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
      throw new ImageError(
        'USAGE',
        `htpasswd, line ${at + 1}: expected USER:HASH with a bcrypt hash`,
        {
          hint: 'Write the line with: htpasswd -B FILE USER',
        },
      );
    hashes.set(user, hash);
  }
  return hashes;
}
