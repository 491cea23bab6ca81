import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASE, HEAD, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { load } from '../load/load.js';
import { readDefinition } from '../workspace/definitions.js';
import { updateBase } from './update-base.js';

const ON = 'apps/app/images/on';

async function withBase(base: string) {
  const definition = `${HEAD.replace('variant: base', 'variant: on')}base: ${base}\n`;
  const opened = await workspaceOf({ [`${ON}/image.yaml`]: definition });
  const found = await readDefinition(opened.workspace, ON, opened.call);
  return { ...opened, found };
}

describe('the lock of a base', () => {
  it('has the digest of the base in the store, and is written beside the definition', async () => {
    const { workspace, call, found, cwd } = await withBase('kept:1');
    const { digest } = await savePath(workspace, BASE, call);
    await load(workspace, [NAME], { ...call, as: 'kept:1' });
    const planned = await updateBase(workspace, found, { ...call, dryRun: true });
    expect(planned).toEqual({ base: 'kept:1', digest });
    const path = join(cwd, ON, 'image.lock.yaml');
    await expect(readFile(path)).rejects.toThrow('ENOENT');
    expect(await updateBase(workspace, found, call)).toEqual(planned);
    expect(await readFile(path, 'utf8')).toContain(`digest: ${digest}`);
  });

  it.each(['scratch', NAME, './base.tar'])('is none of %s', async (base) => {
    const { workspace, call, found } = await withBase(base);
    await expect(updateBase(workspace, found, call)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('of a base that nobody has is NOT_FOUND', async () => {
    const { workspace, call, found } = await withBase('nowhere:1');
    await expect(updateBase(workspace, found, call)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
