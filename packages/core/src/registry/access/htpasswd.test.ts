import { expect, it } from 'vitest';
import { parseHtpasswd } from './htpasswd.js';

const HASH = `$2y$05$${'a'.repeat(53)}`;

it('lists users with their hashes, and skips comments and empty lines', () => {
  const text = `# users\r\nada:${HASH}\n\n  \nbob lee:${HASH.replace('2y', '2b')} \n`;
  expect([...parseHtpasswd(text)]).toEqual([
    ['ada', HASH],
    ['bob lee', HASH.replace('2y', '2b')],
  ]);
  expect(parseHtpasswd('').size).toBe(0);
});

it.each([
  ['a plain password', 'ada:secret'],
  ['an MD5 hash', 'ada:$apr1$abcdefgh$abcdefghijklmnopqrstuv'],
  ['no user', `:${HASH}`],
  ['a hash that is too short', `ada:${HASH.slice(0, -1)}`],
  ['a hash with more after it', `ada:${HASH}:x`],
  ['no hash', 'ada'],
])('refuses %s, and names only the line', (_what, line) => {
  const parse = () => parseHtpasswd(`# users\n${line}\n`);
  expect(parse).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  expect(parse).toThrow(/^htpasswd, line 2: not USER:HASH with a bcrypt hash$/);
});
