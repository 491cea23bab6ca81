import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { describe as descriptorOf } from '../../oci/descriptor.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { blobFile } from '../../store/paths.js';
import { oneChunk } from '../../transfer/copy.js';
import type { LifecycleEvent } from '../workspace/call.js';
import { startUpkeep, parseUpkeep } from './upkeep.js';

it('reports damaged content, and stops when it is disposed of', async () => {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const bytes = Buffer.from('content');
  const { digest } = descriptorOf('text/plain', bytes);
  const put = async () => {
    const id = await store.uploads.start('a');
    await store.uploads.append('a', id, oneChunk(bytes));
    await store.uploads.finish('a', id, digest);
  };
  await put();
  await writeFile(blobFile(root, digest), 'damaged');
  const events: LifecycleEvent[] = [];
  const upkeep = parseUpkeep({ gcEvery: '5ms', scrubEvery: '5ms' });
  const keeping = startUpkeep(root, upkeep, {
    now: Date.now,
    onEvent: (event) => void events.push(event),
  });
  const text = `scrub: ${digest} was damaged; needed by no image`;
  await vi.waitFor(() => expect(events).toContainEqual({ type: 'notice', text }), 10_000);
  keeping[Symbol.dispose]();
  expect(await readdir(join(root, 'blobs/sha256'))).toEqual([]);
  expect(events).toHaveLength(1);
});

it('has defaults, and rejects times and sizes that do not parse', () => {
  expect(parseUpkeep({})).toEqual({
    gcEvery: 3_600_000,
    scrubEvery: 7 * 86_400_000,
    scrubRate: 20 * 2 ** 20,
  });
  for (const wrong of [{ gcEvery: 'often' }, { scrubEvery: '-1' }, { scrubRate: 'slow' }])
    expect(() => parseUpkeep(wrong)).toThrow(`the option \`${Object.keys(wrong)[0]}\`: expected`);
});
