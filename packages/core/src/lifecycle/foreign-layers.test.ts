import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeForeignImage } from '../../testing/foreign-image.js';
import { listening } from '../../testing/listening.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { workspaceOf } from '../../testing/workspace.js';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { registryHandler } from '../registry/handler/handler.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { copy } from '../transfer/copy.js';
import { readAll } from '../transfer/verified.js';
import { copyImages } from './copy/copy-images.js';
import { pull } from './copy/pull.js';
import { inspect } from './inspect/inspect.js';
import { verify } from './inspect/verify.js';
import { load } from './load/load.js';
import { push } from './push/push.js';
import { openWorkspace } from './workspace/workspace.js';

const NOTE = /: 1 foreign layer is left out/;

it('foreign layers are left out of every movement with a notice, and sent where they are wanted', async () => {
  const { call: plain, cwd } = await workspaceOf();
  const env = { ...process.env, STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const workspace = await openWorkspace(cwd, { surroundings: { env } });
  const notices: string[] = [];
  const stdout = () => Promise.reject(new Error('to a file'));
  const call = {
    ...plain,
    stdout,
    onEvent: (event: { type: string; text?: string }) =>
      void (event.type === 'notice' && notices.push(event.text ?? '')),
  };
  const noted = (): boolean => notices.splice(0).some((text) => NOTE.test(text));

  let body: Uint8Array = Buffer.alloc(0);
  const publisher = await listening((_, response) => response.end(body));
  const content = new MemoryStore();
  const made = await writeForeignImage(content, 'app:1', [`http://${publisher}/layer`]);
  body = made.content;
  const path = join(cwd, 'app.tar');
  await using writer = new ArchiveWriter(path, async (bytes) =>
    writeFile(path, await readAll(bytes, Infinity)),
  );
  await copy(content, undefined, writer);
  await writer.commit();

  expect(await verify(workspace, ['./app.tar'], call)).toMatchObject([{ ok: true, problems: [] }]);
  expect(noted()).toBe(true);
  await copyImages(workspace, './app.tar', './layout/', call);
  expect(noted()).toBe(true);
  await load(workspace, ['./layout'], call);
  expect(noted()).toBe(true);

  const reader = new RegistryStore(join(cwd, 'registry'));
  const to = await listening(registryHandler({ reader, storage: reader }));
  const pushed = await push(workspace, ['./app.tar'], { ...call, to });
  expect([pushed[0]?.digest, noted()]).toEqual([made.root.digest, true]);
  const reference = pushed[0]?.reference ?? '';
  await pull(workspace, [reference], call);
  expect(noted()).toBe(true);
  const all = { ...call, foreignLayers: true };
  await pull(workspace, [reference], all);
  expect(noted()).toBe(false);

  // The registry has the manifest, but not the layer.
  const again = await push(workspace, ['./app.tar'], { ...all, to });
  expect([again[0]?.action, again[0]?.blobs.sent, noted()]).toEqual(['pushed', 1, false]);
  await pull(workspace, [reference], { ...all, output: 'whole.tar', cache: false });
  expect(noted()).toBe(false);
  expect(await verify(workspace, ['./whole.tar'], call)).toMatchObject([{ ok: true }]);
  expect(noted()).toBe(false);
  const { images } = await inspect(workspace, './whole.tar', call);
  expect(images[0]?.size).toBeGreaterThan(made.foreign.size);
  expect(images[0]?.digest).toBe(made.root.digest);
  // A layer that the archive has is not sent to a registry unless it is wanted.
  await push(workspace, ['./whole.tar'], { ...call, to: `${to}/other` });
  expect(noted()).toBe(true);
});
