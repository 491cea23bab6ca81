import { expect, it } from 'vitest';
import { pushedLine } from '../../../testing/stowage.js';

it('stowage tag gives an image further tags, and none in a dry run', async () => {
  const { said, json, image, host } = await pushedLine();
  expect(await said(`tag ${image} 2 --dry-run`)).toMatch(
    new RegExp(`^${host}/team/app:2 {2}would be tagged \\(\\w{12}\\)\n$`),
  );
  expect(await said(`tags ${host}/team/app`)).toBe('1\n');
  expect((await said(`tag ${image} 2 latest`)).match(/ {2}tagged \(/g)).toHaveLength(2);
  expect(await said(`tags ${host}/team/app`)).toBe('1\n2\nlatest\n');
  expect(await json(`tag ${image} 2`)).toMatchObject({ results: [{}] });
});

it.each([
  ['absent:1 2', 3],
  ['app:1 -x', 2],
])('stowage tag %s exits %i', async (args, code) => {
  const { stowage, host } = await pushedLine();
  const [name, tag] = args.split(' ');
  expect((await stowage(`tag ${host}/team/${name} -- ${tag}`)).code).toBe(code);
});
