import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareSync } from 'bcryptjs';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseHtpasswd } from '../../registry/access/htpasswd.js';
import { setPassword } from './set-password.js';

async function fileWith(text?: string): Promise<string> {
  const file = join(await temporaryFolder(), 'users');
  if (text !== undefined) await writeFile(file, text);
  return file;
}

it('adds a user to a new file, which only its owner can read', async () => {
  const file = await fileWith();
  const set = { cwd: dirname(file), user: 'ada', password: 'a:b c' };
  expect(await setPassword('users', set)).toEqual({ file, user: 'ada', isNew: true });
  const hash = parseHtpasswd(await readFile(file, 'utf8')).get('ada') ?? '';
  expect(compareSync('a:b c', hash)).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(dirname(file))).toEqual(['users']);
});

it('changes one line; comments, other users, the mode and a link stay', async () => {
  const hash = '$2b$04$J8iZ0mE5z2l1OoKqH2uyeemYyXT0P8LzFgnF9ovWEW0ZlMwwn5gxK';
  const file = await fileWith(`# ours\nada:${hash}\nadam:${hash}\n`);
  await chmod(file, 0o640);
  const link = `${file}.link`;
  await symlink(file, link);
  const set = { cwd: '/', user: 'ada', password: 'new' };
  expect(await setPassword(link, set)).toMatchObject({ isNew: false });
  const [comment, ada = '', adam] = (await readFile(file, 'utf8')).split('\n');
  expect([comment, adam]).toEqual(['# ours', `adam:${hash}`]);
  expect(compareSync('new', ada.slice('ada:'.length))).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
});

it.each([
  ['ada', ''],
  ['ada', 'two\nlines'],
  ['ada', 'x'.repeat(73)],
  ['a:b', 'p'],
  ['*', 'p'],
  ['', 'p'],
  ['#a', 'p'],
  ['a\nb', 'p'],
])('refuses the user %j with the password %j', async (user, password) => {
  const file = await fileWith();
  const set = setPassword(file, { cwd: '/', user, password });
  await expect(set).rejects.toMatchObject({ code: 'USAGE' });
  expect(await readdir(dirname(file))).toEqual([]);
});

it('refuses a file that is none of users', async () => {
  const file = await fileWith('no users\n');
  const set = setPassword(file, { cwd: '/', user: 'ada', password: 'p' });
  await expect(set).rejects.toMatchObject({ code: 'USAGE' });
  expect(await readFile(file, 'utf8')).toBe('no users\n');
});
