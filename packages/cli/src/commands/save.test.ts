import { describe, expect, it } from 'vitest';
import { ARCHIVE, BASE, commandLine, NAME } from '../../testing/stowage.js';
import { savedLine as lineOf } from './save.js';

describe('stowage save', () => {
  it('prints where the image is', async () => {
    const { said, json } = await commandLine();
    await said(`build ${BASE}`);
    expect(await said(`save ${NAME} --dry-run`)).toMatch(`${NAME}:latest  saved to ${ARCHIVE} (`);
    expect(await json('ls')).toEqual({ entries: [] });
    expect(await said(`save ${NAME}`)).toMatch(`${NAME}:latest  saved to ${ARCHIVE} (`);
    expect(await said(`save ${NAME}`)).toMatch(`${NAME}:latest  is in already: ${ARCHIVE} (`);
    expect(await said(`save ${NAME} -o x.tar`)).toMatch(`${NAME}:latest  saved to x.tar (`);
  });

  it('exits 3 for an image that the engine lacks', async () => {
    const { stowage } = await commandLine();
    expect(await stowage(`save ${NAME}`)).toMatchObject({ code: 3, stdout: '' });
  });
});

it.each([
  ['remote', 'found in the share'],
  ['skipped', 'is in the share'],
] as const)('an image that only the share has is %s: it %s', (action, said) => {
  const digest = `sha256:${'a'.repeat(64)}` as const;
  const result = { reference: 'docker.io/library/a:1', archive: '/x/a.tar', size: null };
  expect(lineOf({ ...result, digest, action }, '/x').content).toBe(`a:1  ${said} (aaaaaaaaaaaa)\n`);
});
