import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ARCHIVE, OPTIONS, taskOf } from '../../../testing/task.js';
import archive from './executor.js';

it('the target image-archive makes the archive, and leaves one alone that is there', async () => {
  const { context, lines, root } = await taskOf();
  expect(await archive(OPTIONS, context)).toEqual({ success: true });
  const [made = ''] = lines.slice(-1);
  expect(made).toMatch(new RegExp(`^info: ${ARCHIVE} \\(sha256:`));
  await rm(join(root, 'apps/app/images/base/files'), { recursive: true });
  await archive(OPTIONS, context);
  expect(lines.at(-1)).toBe(made);
});
