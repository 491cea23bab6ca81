import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeArchiveOf } from '../../../testing/archive.js';
import { storeWith } from '../../../testing/image.js';
import { listening } from '../../../testing/listening.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { registryHandler } from '../../registry/handler/handler.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { copyImages } from './copy-images.js';
import { push } from '../push/push.js';
import { load } from '../load/load.js';
import { verify } from '../inspect/verify.js';

it('a delta is pushed and copied without its base to a registry that has it', async () => {
  const { workspace, call, cwd } = await workspaceOf();
  await writeArchiveOf(join(cwd, 'old.tar'), await storeWith('app:old', { layers: 2 }));
  await writeArchiveOf(join(cwd, 'new.tar'), await storeWith('app:new', { layers: 3 }));
  const stdout = () => Promise.reject(new Error('to a file'));
  const copying = { ...call, stdout, base: './old.tar' };
  const [delta] = await copyImages(workspace, './new.tar', 'delta.tar', copying);
  expect(delta?.newBytes).toBeGreaterThan(0);
  expect(delta?.newBytes).toBeLessThan(delta?.bytes ?? 0);
  const again = { ...copying, base: './new.tar' };
  expect(await copyImages(workspace, './new.tar', 'nothing.tar', again)).toMatchObject([
    { bytes: delta?.bytes, newBytes: 0 },
  ]);

  const storage = new RegistryStore(await temporaryFolder());
  const host = await listening(registryHandler({ reader: storage, storage }));
  const to = { ...call, to: host };
  await expect(push(workspace, ['./delta.tar'], to)).rejects.toMatchObject({ code: 'INCOMPLETE' });
  const reference = `docker://${host}/library/app:new`;
  const whole = { ...call, stdout };
  await expect(copyImages(workspace, './delta.tar', reference, whole)).rejects.toMatchObject({
    code: 'INCOMPLETE',
  });
  expect(
    await push(workspace, ['./delta.tar'], { ...to, to: `${host}/whole`, base: './old.tar' }),
  ).toMatchObject([{ action: 'pushed', digest: delta?.digest }]);
  await push(workspace, ['./old.tar'], to);
  expect(await copyImages(workspace, './delta.tar', `${reference}-2`, whole)).toMatchObject([
    { digest: delta?.digest },
  ]);
  expect(await push(workspace, ['./delta.tar'], to)).toMatchObject([
    { action: 'pushed', digest: delta?.digest },
  ]);
  const all = [reference, `${reference}-2`, `docker://${host}/whole/library/app:new`];
  expect((await verify(workspace, all, call)).map(({ ok }) => ok)).toEqual([true, true, true]);
});

it('a delta loads where its base is present; elsewhere every missing blob is reported', async () => {
  const { workspace, call, cwd } = await workspaceOf();
  await writeArchiveOf(join(cwd, 'old.tar'), await storeWith('app:old', { layers: 2 }));
  await writeArchiveOf(join(cwd, 'new.tar'), await storeWith('app:new', { layers: 3 }));
  const stdout = () => Promise.reject(new Error('to a file'));
  await copyImages(workspace, './new.tar', 'delta.tar', { ...call, stdout, base: './old.tar' });

  const refused = await load(workspace, ['./delta.tar'], call).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'INCOMPLETE' });
  const [alone] = await verify(workspace, ['./delta.tar'], call);
  const problems = alone?.problems ?? [];
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['INCOMPLETE']));
  const digests = problems.flatMap(({ digest }) => digest ?? []);
  expect(digests).toHaveLength(2);
  for (const digest of digests) expect(String(refused)).toContain(digest);
  // The docker half reports its missing blob, too.
  expect(problems.filter(({ message }) => message.startsWith('docker-archive:'))).toHaveLength(1);
  expect(await verify(workspace, ['./delta.tar'], { ...call, base: './old.tar' })).toMatchObject([
    { ok: true },
  ]);

  await load(workspace, ['./old.tar'], call);
  expect(await load(workspace, ['./delta.tar'], call)).toMatchObject([
    { action: 'loaded', reference: 'docker.io/library/app:new' },
  ]);
  expect(await verify(workspace, ['store:app:new'], call)).toMatchObject([{ ok: true, images: 1 }]);
});

it('a delta is made against the archives of a folder, and completed from a pattern', async () => {
  const { workspace, call, cwd } = await workspaceOf();
  await mkdir(join(cwd, 'old'));
  await writeArchiveOf(join(cwd, 'old/a.tar'), await storeWith('a:1', { layers: 1, seed: 'a' }));
  await writeArchiveOf(join(cwd, 'old/b.tar'), await storeWith('b:1', { layers: 1, seed: 'b' }));
  for (const name of ['a', 'b'])
    await writeArchiveOf(
      join(cwd, `${name}2.tar`),
      await storeWith(`${name}:2`, { layers: 2, seed: name }),
    );
  const stdout = () => Promise.reject(new Error('to a file'));
  const made = { ...call, stdout, base: 'old' };
  const results = await copyImages(workspace, ['a2.tar', 'b2.tar'], 'delta.tar', made);
  for (const { bytes, newBytes } of results) expect(newBytes).toBeLessThan(bytes);
  const verifying = (base: string | readonly string[]) =>
    verify(workspace, ['./delta.tar'], { ...call, base });
  expect(await verifying('old/*.tar')).toMatchObject([{ ok: true, images: 2 }]);
  expect(await verifying(['old/a.tar', 'old/b.tar'])).toMatchObject([{ ok: true }]);
  expect(await verifying('old/a.tar')).toMatchObject([{ ok: false }]);
  await expect(copyImages(workspace, 'a2.tar', 'x.tar', { ...made, base: '*.no' })).rejects.toThrow(
    'no file matches this pattern',
  );
});
