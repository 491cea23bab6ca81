import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceOf } from '../../../testing/workspace.js';
import { digestOf } from '../../oci/digest.js';
import { readBuilt, writeBuilt } from './build-memory.js';

const [A, B] = [digestOf(Buffer.from('a')), digestOf(Buffer.from('b'))];

describe('what was built', () => {
  it('is read as it was written, by the hash of its inputs', async () => {
    const { workspace } = await workspaceOf();
    await writeBuilt(workspace, 'one', { digest: A, configDigest: B });
    await writeBuilt(workspace, 'two', { digest: B });
    expect(await readBuilt(workspace, 'one')).toEqual({ digest: A, configDigest: B });
    expect(await readBuilt(workspace, 'two')).toEqual({ digest: B });
    expect(await readBuilt(workspace, 'three')).toBeUndefined();
  });

  it.each(['', '{', '[]', '{}', '{"digest":"x"}'])('that is damaged is none: %j', async (text) => {
    const { workspace } = await workspaceOf();
    await writeBuilt(workspace, 'one', { digest: A });
    await writeFile(join(workspace.place.state, 'builds/one'), text);
    expect(await readBuilt(workspace, 'one')).toBeUndefined();
  });
});
