import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { quirkyRegistry, refuse, Registry, type Quirk } from '../../../testing/quirks/registry.js';
import { describe } from '../../oci/descriptor.js';
import { MediaType } from '../../oci/media-types.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { sync } from '../sync/sync.js';
import { pruneShare } from './prune-share.js';

const TOP = 'apps/app/images/top';

/** A share with three versions of one image; the second one has another image built on it. */
async function shareOfThree(quirk: Partial<Quirk> = {}) {
  const memory = new Registry();
  const address = await listening(quirkyRegistry(memory, { name: 'test', ...quirk }));
  const made = await workspaceOf({
    'stowage.yaml': `share: { repository: ${address}/team/images, mode: read-write }\n`,
    [`${TOP}/image.yaml`]: `project: app\nos: debian-12\nvariant: top\nbase: ${NAME}\n`,
  });
  const { workspace, call, cwd } = made;
  const change = (text: string) => writeFile(join(cwd, BASE, 'files/a'), text);
  const save = async (path: string) => (await savePath(workspace, path, call)).digest;
  const first = await save(BASE);
  await change('two');
  const second = await save(BASE);
  const top = await save(TOP);
  await change('three');
  const third = await save(BASE);
  const tags = () => [...memory.tags.keys()].sort();
  return { ...made, address, memory, tags, digests: { first, second, third, top } };
}

it('deletes what the rules let go: tags and images, but not what a kept image is built on', async () => {
  const { workspace, call, memory, tags, digests } = await shareOfThree();
  const before = tags();
  expect(before).toHaveLength(4);
  const { decisions } = await pruneShare(workspace, { ...call, keepNewest: 1, dryRun: true });
  expect(decisions.filter(({ action }) => action === 'delete')).toHaveLength(1);
  expect(tags()).toEqual(before);
  await pruneShare(workspace, { ...call, keepNewest: 1 });
  expect(tags()).toHaveLength(3);
  const has = (digest: string | null) => memory.manifests.has(`team/images@${digest ?? ''}`);
  const { first, second, third, top } = digests;
  expect([first, second, third, top].map(has)).toEqual([false, true, true, true]);
});

it.each(['an image', 'an index'])('keeps an image that %s of another tag names', async (what) => {
  const { workspace, call, memory, tags, digests } = await shareOfThree();
  const first = digests.first ?? '';
  const manifest = memory.manifests.get(`team/images@${first}`);
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.index,
      manifests: [
        { mediaType: MediaType.manifest, digest: first, size: manifest?.bytes.byteLength },
      ],
    }),
  );
  const { digest } = describe(MediaType.index, index);
  memory.manifests.set(`team/images@${digest}`, { type: MediaType.index, bytes: index });
  memory.tags.set('team/images:v1', what === 'an index' ? digest : first);
  await pruneShare(workspace, { ...call, keepNewest: 1 });
  expect(tags()).toHaveLength(4);
  expect(memory.manifests.has(`team/images@${first}`)).toBe(true);
});

it('keeps all images of a name whose base is not up to date here', async () => {
  const { workspace, call, cwd, events } = await shareOfThree();
  const save = (path: string) => savePath(workspace, path, call);
  await save(TOP);
  const rules = { ...call, keepNewest: 1 };
  const ruleOf = async (name: string) => {
    const { decisions } = await pruneShare(workspace, { ...rules, dryRun: true });
    return decisions.filter((each) => each.name === name).map(({ rule }) => rule);
  };
  // The new one is made by this checkout, the old one only kept by the rule of the newest.
  expect(await ruleOf('app-debian-12-top')).toContain('keep-newest');
  await writeFile(join(cwd, BASE, 'files/a'), 'four');
  expect(new Set(await ruleOf('app-debian-12-top'))).toEqual(new Set(['in-use']));
  expect(events.map((each) => (each.type === 'notice' ? each.text : '')).join()).toContain(
    'app-debian-12-top: all its images in the share are kept, because its base app-debian-12-base is not up to date here',
  );
});

it('keeps what is young, pinned, or made by this checkout', async () => {
  const { workspace, call, tags } = await shareOfThree();
  await pruneShare(workspace, { ...call, keepNewest: 1, minAge: '1d' });
  await pruneShare(workspace, { ...call, keepNewest: 1, keep: [`${NAME}*`] });
  expect(tags()).toHaveLength(4);
  const { decisions } = await pruneShare(workspace, { ...call, keepNewest: 1 });
  expect(decisions.map(({ rule }) => rule).sort()).toEqual([
    'base',
    'in-use',
    'keep-newest',
    'newest',
  ]);
});

it.each([{ unusedFor: '30d' }, { maxUsed: '1GB' }])(
  'refuses a rule that no registry can answer: %j',
  async (rule) => {
    const { workspace, call, memory } = await shareOfThree();
    memory.requests.splice(0);
    await expect(pruneShare(workspace, { ...call, ...rule })).rejects.toMatchObject({
      code: 'USAGE',
    });
    expect(memory.requests).toEqual([]);
  },
);

it.each([405, 501])('says that a registry does not delete (%i)', async (status) => {
  const { workspace, call } = await shareOfThree({
    before: ({ method }) => (method === 'DELETE' ? refuse(status) : undefined),
  });
  await expect(pruneShare(workspace, { ...call, keepNewest: 1 })).rejects.toMatchObject({
    code: 'CONFLICT',
    hint: expect.stringContaining('its own tool') as string,
  });
});

it('deletes where a registry deletes only manifests', async () => {
  const { workspace, call, tags } = await shareOfThree({
    before: ({ method, url }) =>
      method === 'DELETE' && !url.pathname.includes('sha256:') ? refuse(405) : undefined,
  });
  await pruneShare(workspace, { ...call, keepNewest: 1 });
  expect(tags()).toHaveLength(3);
});

it('is the only way to delete from a share: sync refuses', async () => {
  const { workspace, call, address, tags } = await shareOfThree();
  await expect(
    sync(workspace, './images', `${address}/team/images`, { ...call, prune: true }),
  ).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(tags()).toHaveLength(4);
});
