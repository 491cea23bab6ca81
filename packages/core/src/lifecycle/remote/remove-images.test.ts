import { expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import {
  refusesTagDeletion,
  servedRegistry,
  type Before,
} from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { listTags } from './list-registry.js';
import { removeImages } from './remove-images.js';

/** A registry with the tags 1 and 2 of one image, and 3 of another. */
async function open(before?: Before) {
  const { workspace, call } = await workspaceOf();
  const { host, pushImage, requests } = await servedRegistry(before);
  const name = `${host}/app`;
  const digest = sha256(JSON.stringify(await pushImage('app', '1', 'a')));
  await pushImage('app', '2', 'a');
  await pushImage('app', '3', 'b');
  const tags = async () => (await listTags(workspace, name, call)).tags;
  return { workspace, call, name, digest, tags, requests };
}

it('deletes one tag of several where the registry can', async () => {
  const { workspace, call, name, digest, tags } = await open();
  const expected = [{ reference: `${name}:1`, digest, alsoTags: [] }];
  expect(await removeImages(workspace, [`${name}:1`], { ...call, dryRun: true })).toEqual(expected);
  expect(await tags()).toEqual(['1', '2', '3']);
  expect(await removeImages(workspace, [`${name}:1`], call)).toEqual(expected);
  expect(await tags()).toEqual(['2', '3']);
});

it.each([
  ['by a tag, where the registry deletes only manifests', refusesTagDeletion, ':1', ['2']],
  ['by digest', undefined, '@', ['1', '2']],
] as const)('deletes other tags only when told to: %s', async (_, before, end, alsoTags) => {
  const { workspace, call, name, digest, tags } = await open(before);
  const reference = `${name}${end === '@' ? `@${digest}` : end}`;
  await expect(removeImages(workspace, [reference], call)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(`would be deleted, too: ${alsoTags.join(', ')}`) as string,
  });
  expect(await tags()).toEqual(['1', '2', '3']);
  expect(await removeImages(workspace, [reference], { ...call, allTags: true })).toEqual([
    { reference, digest, alsoTags },
  ]);
  expect(await tags()).toEqual(['3']);
});

it('deletes all tags that are named, also where they go with one manifest', async () => {
  const { workspace, call, name, tags } = await open(refusesTagDeletion);
  const all = [1, 2, 3].map((tag) => `${name}:${tag}`);
  expect(await removeImages(workspace, all, call)).toMatchObject([
    { alsoTags: [] },
    { alsoTags: [] },
    { alsoTags: [] },
  ]);
  expect(await tags()).toEqual([]);
});

it('deletes nothing when one does not exist, and never latest by accident', async () => {
  const { workspace, call, name, tags, requests } = await open();
  const absent = [`${name}:4`, `${name}@${sha256('x')}`];
  await expect(removeImages(workspace, [`${name}:3`, ...absent], call)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: `no such image: ${absent.join(', ')}`,
  });
  for (const wrong of [name, `${name}:1@${sha256('x')}`])
    await expect(removeImages(workspace, [wrong], call)).rejects.toMatchObject({ code: 'USAGE' });
  expect(requests.filter((each) => each.startsWith('DELETE'))).toEqual([]);
  expect(await tags()).toEqual(['1', '2', '3']);
});

it('says that a registry deletes nothing', async () => {
  const { workspace, call, name } = await open(({ method }, response) => {
    if (method === 'DELETE') response.writeHead(405).end();
    return method === 'DELETE';
  });
  await expect(removeImages(workspace, [`${name}:3`], call)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: `${name}: the registry deletes nothing`,
  });
});
