import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { prune } from '../prune/prune.js';
import { serve } from '../serve/serve.js';
import { collectRegistry, scrubRegistry } from './maintain-registry.js';

async function folderWith(files: readonly string[]): Promise<string> {
  const root = await temporaryFolder();
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '{}');
  }
  return root;
}

it.each([
  ['a folder of docker-registry', ['docker/registry/v2/repositories/a/_layers/x']],
  ['a folder of zot', ['cache.db', 'team/app/oci-layout', 'team/app/blobs/sha256/x']],
  ['an OCI layout', ['oci-layout', 'index.json', 'blobs/sha256/x']],
])('%s is refused by every verb that takes the folder of a registry', async (layout, files) => {
  const { workspace, call } = await workspaceOf();
  const root = await folderWith(files);
  const refused = {
    code: 'USAGE',
    message: `${root}: this is ${layout}, not a registry folder of Stowage`,
  };
  const options = { ...call, root };
  await expect(serve(workspace, [], options)).rejects.toMatchObject(refused);
  await expect(serve(workspace, [], { ...options, readOnly: true })).rejects.toMatchObject(refused);
  await expect(collectRegistry(workspace, options)).rejects.toMatchObject(refused);
  await expect(scrubRegistry(workspace, options)).rejects.toMatchObject(refused);
  await expect(prune(workspace, options)).rejects.toMatchObject(refused);
  expect(await readdir(root, { recursive: true })).toEqual(
    expect.arrayContaining(files) as string[],
  );
});

it('its own folder, an empty one and one with other files are not refused', async () => {
  const { workspace, call } = await workspaceOf();
  for (const files of [[], ['lost+found/x'], ['repositories/a/_tags/x', 'blobs/sha256/x']]) {
    const root = await folderWith(files);
    await using _ = await serve(workspace, [], { ...call, root });
    await collectRegistry(workspace, { ...call, root });
  }
});

it('a root that cannot be written is refused before the registry listens', async () => {
  const { workspace, call } = await workspaceOf();
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  const roots = [file, join(file, 'a'), ...(process.platform === 'linux' ? ['/proc/a/b'] : [])];
  for (const root of roots)
    await expect(serve(workspace, [], { ...call, root })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('this user cannot write to the folder') as string,
    });
});
