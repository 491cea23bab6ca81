import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { describe as descriptorOf } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { listNames, readImage, removeName, writeNames } from './names.js';
import { imageFile } from './paths.js';

const [ONE, TWO] = ['one', 'two'].map((text) =>
  descriptorOf(MediaType.manifest, Buffer.from(text)),
) as [ReturnType<typeof descriptorOf>, ReturnType<typeof descriptorOf>];
const NAME = 'docker.io/library/app:1';

it('lists names in order, and images without a name after them', async () => {
  const root = await temporaryFolder();
  expect(await listNames(root)).toEqual([]);
  await writeNames(root, [{ descriptor: ONE, reference: NAME }]);
  await writeNames(root, [{ descriptor: ONE, reference: 'docker.io/library/aaa:1' }]);
  await writeNames(root, [{ descriptor: TWO }]);
  expect(await listNames(root)).toEqual([
    { reference: 'docker.io/library/aaa:1', descriptor: ONE },
    { reference: NAME, descriptor: ONE },
    { descriptor: TWO },
  ]);
});

it('moves a name, and keeps the image that had it', async () => {
  const root = await temporaryFolder();
  await writeNames(root, [{ descriptor: ONE, reference: NAME }]);
  await writeNames(root, [{ descriptor: { ...TWO, annotations: { a: 'b' } }, reference: NAME }]);
  expect(await listNames(root)).toEqual([
    { reference: NAME, descriptor: TWO },
    { descriptor: ONE },
  ]);
  expect(readImage(root, ONE.digest)).toEqual(ONE);
});

it('removes a name once', async () => {
  const root = await temporaryFolder();
  await writeNames(root, [{ descriptor: ONE, reference: NAME }]);
  await removeName(root, NAME);
  expect(await listNames(root)).toEqual([{ descriptor: ONE }]);
  await expect(removeName(root, NAME)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(removeName(root, 'docker.io/library/other:1')).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

it('refuses a damaged file, and knows no image without one, or with an empty one', async () => {
  const root = await temporaryFolder();
  expect(readImage(root, ONE.digest)).toBeUndefined();
  const path = imageFile(root, ONE.digest);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
  expect(readImage(root, ONE.digest)).toBeUndefined();
  for (const content of ['{', '{}', '[]', '{"mediaType":"a/b","digest":"x","size":1}']) {
    await writeFile(path, content);
    expect(() => readImage(root, ONE.digest)).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  }
});
