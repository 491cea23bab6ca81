import { expect, it } from 'vitest';
import { pushedLine } from '../../../testing/stowage.js';

it('stowage tags prints the tags of a repository, one a line', async () => {
  const { said, json, stowage, host } = await pushedLine();
  expect(await said(`tags ${host}/team/app`)).toBe('1\n');
  expect(await json(`tags ${host}/team/app`)).toMatchObject({ tags: ['1'] });
  expect((await stowage(`tags ${host}/team/absent`)).code).toBe(3);
  expect((await stowage(`tags ${host}/team/app:1`)).code).toBe(2);
});
