import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  ArchiveWriter,
  copy,
  formatPlatform,
  parsePlatform,
  writeAtomically,
  type CopiedImage,
  type Inspection,
} from '@stowage/core';
import { expect, it, onTestFinished } from 'vitest';
import { writeForeignImage } from '../../packages/core/testing/foreign-image.js';
import { writeImage, writeIndex } from '../../packages/core/testing/image.js';
import { MemoryStore } from '../../packages/core/testing/memory-store.js';
import { json, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const WINDOWS = ['windows(10.0.17763.5329+win32k)/amd64', 'windows(10.0.20348.2227+win32k)/amd64'];

async function archiveOf(content: MemoryStore, path: string): Promise<void> {
  await using sink = new ArchiveWriter(path, (archive) => writeAtomically(path, archive));
  await copy(content, undefined, sink);
  await sink.commit();
}

async function platformsOf(location: string, cwd: string): Promise<string[]> {
  const { images } = await json<Inspection>(['inspect', location], { cwd });
  return images.flatMap(({ platforms }) => platforms.map((each) => formatPlatform(each)));
}

it('convert keeps two versions of Windows, and the digest of what it does not change', async () => {
  const cwd = await temporaryFolder();
  const content = new MemoryStore();
  const all = ['linux/amd64', ...WINDOWS];
  const { digest } = await writeIndex(content, 'app:1', all.map(parsePlatform));
  await archiveOf(content, join(cwd, 'app.tar'));
  const convert = async (to: string, ...args: string[]) =>
    (await json<{ results: CopiedImage[] }>(['convert', 'app.tar', to, ...args], { cwd }))
      .results[0]?.digest;
  expect(await convert('same.tar')).toBe(digest);
  expect(await convert('packed.tar', '--compress', 'zstd')).not.toBe(digest);
  expect(await platformsOf('packed.tar', cwd)).toEqual(all);
  await convert('windows.tar', '--platform', 'windows/amd64');
  expect(await platformsOf('windows.tar', cwd)).toEqual(WINDOWS);
  await convert('one.tar', '--platform', 'windows(10.0.20348)/amd64');
  expect(await platformsOf('one.tar', cwd)).toHaveLength(1);
  const load = ['load', 'app.tar', '--engine', 'embedded', '--platform'];
  const asked = await stowage([...load, 'windows/amd64'], { cwd });
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining(WINDOWS[1] ?? '')]);
  expect((await stowage([...load, 'windows(10.0.17763)/amd64'], { cwd })).code).toBe(0);
});

it('push merges two versions of Windows into one index', async () => {
  const cwd = await temporaryFolder();
  const { host } = await startServe(['--root', join(cwd, 'registry')]);
  const merge = ['--to', host, '--on-existing-tag', 'merge'];
  for (const [at, text] of WINDOWS.entries()) {
    const content = new MemoryStore();
    await writeImage(content, 'app:1', { platform: parsePlatform(text), seed: text });
    await archiveOf(content, join(cwd, `${at}.tar`));
    await json(['push', `${at}.tar`, ...merge], { cwd });
  }
  expect(await platformsOf(`docker://${host}/library/app:1`, cwd)).toEqual(WINDOWS);
});

it('foreign layers are left out with a notice, or fetched from their publisher and sent', async () => {
  const cwd = await temporaryFolder();
  const env = { STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  let body: Uint8Array = Buffer.alloc(0);
  const publisher = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void publisher.close());
  const { port } = publisher.address() as AddressInfo;
  const content = new MemoryStore();
  const image = await writeForeignImage(content, 'app:1', [`http://127.0.0.1:${port}/layer`]);
  body = image.content;
  await archiveOf(content, join(cwd, 'app.tar'));
  const { host } = await startServe(['--root', join(cwd, 'registry')]);

  const run = async (...args: string[]) => {
    const { code, stderr } = await stowage(args, { cwd, env });
    expect([code, stderr]).toEqual([0, expect.anything()]);
    return /1 foreign layer is left out/.test(stderr);
  };
  const reference = `${host}/library/app:1`;
  expect(await run('verify', 'app.tar')).toBe(true);
  expect(await run('push', 'app.tar', '--to', host)).toBe(true);
  expect(await run('pull', reference, '-o', 'thin.tar')).toBe(true);
  expect(await run('push', 'app.tar', '--to', host, '--foreign-layers')).toBe(false);
  publisher.close();
  expect(await run('pull', reference, '-o', 'whole.tar', '--foreign-layers')).toBe(false);
  expect(await run('verify', 'whole.tar')).toBe(false);
  const { images } = await json<Inspection>(['inspect', 'whole.tar'], { cwd });
  expect(images[0]?.digest).toBe(image.root.digest);
});
