import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import report from './executor.js';

it.each([
  [undefined, '.stowage/report.html'],
  ['out/page.html', 'out/page.html'],
])('the target image-report writes a page to the output %s', async (output, path) => {
  const { context, lines, root } = await taskOf({ 'out/x': '' });
  await save(OPTIONS, context);
  const options = { engine: 'embedded', ...(output === undefined ? {} : { output }) } as const;
  expect(await report(options, context)).toEqual({ success: true });
  expect(lines.at(-1)).toBe(`info: report: ${path}`);
  expect(await readFile(join(root, path), 'utf8')).toContain(NAME);
});
