import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { archivePath } from './file.js';
import { createLocator } from './locate.js';

async function place() {
  const parent = await temporaryFolder();
  const workspace = join(parent, 'ws');
  const files = ['ws/images/a/x.tar', 'ws/dist/y.tar', 'shared/z.tar', 'victim/db'];
  for (const file of files) {
    await mkdir(dirname(join(parent, file)), { recursive: true });
    await writeFile(join(parent, file), '12345');
  }
  await symlink('x.tar', join(workspace, 'images/a/inner.tar'));
  await symlink(join(parent, 'victim/db'), join(workspace, 'images/a/out.tar'));
  await symlink(join(parent, 'victim'), join(workspace, 'images/victim'));
  const folder = join(workspace, 'images');
  const archives = [join(parent, 'shared')];
  return { parent, workspace, folder, state: join(workspace, '.stowage'), archives };
}

it.each([
  ['a/x.tar', 'own'],
  ['./a/../a/x.tar', 'own'],
  ['a/inner.tar', 'readable'],
  ['dist/y.tar', 'readable'],
  ['../dist/y.tar', 'readable'],
  ['../../shared/z.tar', 'readable'],
  ['{parent}/shared/z.tar', 'readable'],
  ['a/out.tar', 'elsewhere'],
  ['victim/db', 'elsewhere'],
  ['../../victim/db', 'elsewhere'],
  ['{parent}/victim/db', 'elsewhere'],
  ['/etc/passwd', 'elsewhere'],
  ['a/absent.tar', undefined],
  ['../../victim/absent', undefined],
  ['a\0b', undefined],
  ['a'.repeat(10_000), undefined],
])('%.40j is %s', async (file, kind) => {
  const { parent, ...at } = await place();
  const named = file.replace('{parent}', parent);
  expect(createLocator(at)(named)?.kind).toBe(kind);
  if (kind === 'elsewhere')
    expect(() => archivePath(at, named)).toThrow(expect.objectContaining({ code: 'INVALID' }));
});
