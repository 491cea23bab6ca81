import { expect, it } from 'vitest';
import { ARCHIVE, NAME, pushedLine } from '../../../testing/stowage.js';

it('stowage digest prints the digest alone, of a registry and of an archive', async () => {
  const { said, json, image } = await pushedLine();
  const text = await said(`digest ${image}`);
  expect(text).toMatch(/^sha256:[0-9a-f]{64}\n$/);
  for (const location of [NAME, ARCHIVE]) expect(await said(`digest ${location}`)).toBe(text);
  expect(await json(`digest ${image}`)).toMatchObject({ digest: text.trim() });
});

it.each([
  ['absent.tar', 3],
  [`${ARCHIVE} --platform linux/`, 2],
])('stowage digest %s exits %i', async (args, code) => {
  const { stowage } = await pushedLine();
  expect(await stowage(`digest ${args}`)).toMatchObject({ code, stdout: '' });
});
