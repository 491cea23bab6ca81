import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from './run.js';

const SOAK = join(import.meta.dirname, '../../tools/soak.mjs');

it('loses nothing in a minute of concurrent commands, some of them killed', async () => {
  const { code, stdout, stderr } = await run(process.execPath, [SOAK, '--seconds', '60']);
  expect(code, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toMatch(
    / [1-9]\d* pushes among them; [1-9]\d* of them and [1-9]\d* servers killed/,
  );
});
