import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { userAgent } from './user-agent.js';

it('requests name Stowage and its version', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  expect(userAgent()).toBe(`stowage/${version}`);
  expect(userAgent()).toBe(userAgent());
});
