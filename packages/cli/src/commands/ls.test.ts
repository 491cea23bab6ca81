import { describe, expect, it } from 'vitest';
import { commandLine, NAME, pushedLine, savedLine } from '../../testing/stowage.js';

describe('stowage ls', () => {
  it('lists the archives of the catalog', async () => {
    const { said, json } = await savedLine();
    const text = await said('ls');
    expect(text).toMatch(/^NAME +STATE +SIZE +DIGEST +USED +LAST USED +PINNED/);
    expect(text).toMatch(new RegExp(`^${NAME} +ok .* 0× +never`, 'm'));
    expect(await json('list')).toMatchObject({ entries: [{ name: NAME, state: 'ok' }] });
  });

  it('says in an empty workspace what makes an archive', async () => {
    expect(await (await commandLine()).said('ls')).toContain('image-save');
  });

  it('lists repositories and tags of a registry, one a line', async () => {
    const { said, host } = await pushedLine();
    expect(await said(`ls ${host}`)).toBe('team/app\n');
    expect(await said(`ls ${host}/team/app`)).toBe('1\n');
  });

  it('lists the images of an engine', async () => {
    const { said } = await savedLine();
    await said(`load ${NAME}`);
    expect(await said('ls --engine embedded')).toMatch(`docker.io/library/${NAME}:latest`);
  });

  it('lists what files name, one a line', async () => {
    const { said, stowage } = await commandLine({ 'list.txt': 'r.example/b:1\nr.example/a:1\n' });
    expect(await said('ls --images-from list.txt')).toBe('r.example/b:1\nr.example/a:1\n');
    expect(await said('ls --images-from -', { stdin: 'r.example/c:1\n' })).toBe('r.example/c:1\n');
    expect((await stowage('ls --images-from absent.txt')).code).toBe(3);
  });

  it('exits 3 for a folder of no registry', async () => {
    expect((await (await commandLine()).stowage('ls --root absent')).code).toBe(3);
  });
});
