import { describe, expect, it } from 'vitest';
import { commandLine, NAME, pushedLine, savedLine } from '../../testing/stowage.js';
import { completionWords } from './complete.js';

describe('the script of a shell', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])('%s asks for its suggestions', async (shell) => {
    expect(await (await commandLine()).said(`complete ${shell}`)).toContain('stowage complete --');
  });

  it('of another shell is refused', async () => {
    const { stowage } = await commandLine();
    await expect(stowage('complete tcsh')).rejects.toThrow('tcsh');
  });
});

it.each([
  [
    ['complete', '--', 'load', ''],
    ['load', ''],
  ],
  [['complete', '--'], []],
  [['complete', 'bash'], undefined],
  [['load', '--'], undefined],
])('%j asks for suggestions after %j', (args, expected) => {
  expect(completionWords(args)).toEqual(expected);
});

describe('the suggestions', () => {
  it('are commands and options', async () => {
    const { suggest } = await savedLine();
    expect(await suggest('lo')).toContain('load');
    expect(await suggest('load', '--plat')).toContain('--platform');
  });

  it('are names of the catalog, for save with their tags', async () => {
    const { suggest } = await savedLine();
    expect(await suggest('load', 'app')).toEqual([NAME]);
    expect(await suggest('save', 'app')).toEqual([NAME, `${NAME}:latest`]);
  });

  it('are references in the cache, where images of registries are taken', async () => {
    const { suggest, said, image } = await pushedLine();
    await said(`pull ${image}`);
    expect(await suggest('pull', '')).toContain(image);
    expect(await suggest('load', '')).toEqual(expect.arrayContaining([NAME, image]));
    expect(await suggest('rm', '')).toEqual([image]);
    expect(await suggest('tags', '')).toEqual([image.replace(/:1$/, '')]);
    expect(await suggest('login', '')).toEqual([]);
  });

  it('are none where the workspace cannot be read', async () => {
    const { suggest } = await commandLine({ 'stowage.yaml': 'a: 1\n' });
    expect(await suggest('load', '')).toEqual([]);
  });
});
