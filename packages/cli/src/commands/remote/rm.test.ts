import { expect, it } from 'vitest';
import { pushedLine } from '../../../testing/stowage.js';

it('stowage rm deletes tags, and nothing in a dry run', async () => {
  const { said, stowage, image, host } = await pushedLine();
  await said(`tag ${image} 2`);
  expect(await said(`rm ${image} --dry-run`)).toMatch(
    new RegExp(`^${image} {2}would be deleted \\(\\w{12}\\)\n$`),
  );
  expect(await said(`tags ${host}/team/app`)).toBe('1\n2\n');
  expect(await said(`rm ${image}`)).toMatch(/ {2}deleted \(/);
  expect(await said(`tags ${host}/team/app`)).toBe('2\n');
  expect((await stowage(`rm ${image}`)).code).toBe(3);
});

it('stowage rm deletes a manifest with all its tags only if it is told to', async () => {
  const { said, stowage, image, host } = await pushedLine();
  const digest = (await said(`digest ${image}`)).trim();
  const line = `rm ${host}/team/app@${digest}`;
  expect((await stowage(line)).code).toBe(8);
  expect(await said(`${line} --all-tags`)).toMatch(/ {2}deleted \(\w+, with its tags 1\)\n$/);
});
