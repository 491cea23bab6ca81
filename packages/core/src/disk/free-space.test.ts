import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { freeSpace, requireSpace } from './free-space.js';

describe('free space', () => {
  it('is known for a path that does not exist yet', async () => {
    const path = join(await temporaryFolder(), 'not/there/yet');
    expect(await freeSpace(path)).toBeGreaterThan(0);
    await requireSpace(path, 1);
    await expect(requireSpace(path, 2 ** 60)).rejects.toMatchObject({ code: 'NO_SPACE' });
  });
});
