import { expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { quirkyRegistry, refuse, Registry, type Quirk } from '../../../testing/quirks/registry.js';
import { QUIRKS } from '../../../testing/quirks/table.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { load } from '../load/load.js';

/** Registries that lack what a share does not need. */
const LIMITED: readonly Quirk[] = [
  {
    name: 'tags are immutable, and nothing can be deleted',
    before: ({ method, url }, { tags }) =>
      method === 'DELETE' ||
      (method === 'PUT' && tags.has(`team/images:${url.pathname.split('/').at(-1) ?? ''}`))
        ? refuse(405)
        : undefined,
  },
  {
    name: 'neither referrers nor a list of tags',
    before: ({ url }) => (/\/(?:referrers|tags)\//.test(url.pathname) ? refuse(404) : undefined),
  },
];

it.each([...QUIRKS.filter(({ needsChunks }) => !needsChunks), ...LIMITED])(
  'a share works where $name',
  async (quirk) => {
    const address = await listening(quirkyRegistry(new Registry(), quirk));
    const yaml = `share: { repository: ${address}/team/images, mode: read-write }\n`;
    const one = await workspaceOf({ 'stowage.yaml': yaml });
    const two = await workspaceOf({ 'stowage.yaml': yaml });
    const { digest } = await savePath(one.workspace, BASE, one.call);
    expect(await savePath(two.workspace, BASE, two.call)).toMatchObject({
      action: 'remote',
      digest,
    });
    expect(await load(two.workspace, [NAME], two.call)).toMatchObject([{ action: 'loaded' }]);
  },
);
