import { describe, expect, it } from 'vitest';
import { BASE, HEAD, NAME, workspaceOf } from '../../../../testing/workspace.js';
import { requireOwnReference, requireReferenceOfName } from './own-reference.js';

const own = `docker.io/library/${NAME}:latest`;
const elsewhere = `registry.example.com/team/${NAME}:v2`;

describe('the reference of a record', () => {
  it.each([
    [own, '', true, true],
    [elsewhere, '', false, true],
    ['docker.io/library/node:20', '', false, false],
    ['registry.example.com/a:1', 'reference: registry.example.com/a:1\n', true, true],
    ['registry.example.com/a:2', 'reference: registry.example.com/a:1\n', false, false],
  ])('%s, %j: accepted alone %j, with an archive %j', async (reference, yaml, received, here) => {
    const { cwd } = await workspaceOf({ [`${BASE}/image.yaml`]: HEAD + yaml });
    const record = { name: NAME, reference };
    for (const [check, expected] of [
      [requireOwnReference, received],
      [requireReferenceOfName, here],
    ] as const) {
      const checking = check(cwd, record, 'x');
      if (expected) await checking;
      else await expect(checking).rejects.toMatchObject({ code: 'CONFLICT' });
    }
  });
});
