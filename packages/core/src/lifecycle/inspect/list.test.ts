import { describe, expect, it } from 'vitest';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import type { CatalogEntry } from '../../catalog/reconcile.js';
import { list, listEntry } from './list.js';

const entry = (more: Partial<CatalogEntry> = {}): CatalogEntry => ({
  name: 'my-app-debian-12-base',
  file: 'x.tar',
  state: 'ok',
  ...more,
});

describe('an entry of the list', () => {
  it('has null for what is not known', async () => {
    const { workspace } = await workspaceOf();
    expect(listEntry(entry({ name: 'whatever' }), workspace)).toEqual({
      name: 'whatever',
      reference: null,
      project: null,
      os: null,
      variant: null,
      file: 'x.tar',
      digest: null,
      size: null,
      created: null,
      lastUsed: null,
      usageCount: 0,
      pinned: false,
      state: 'ok',
    });
  });

  it('has the parts of its name, with its folder as the project', async () => {
    const { workspace } = await workspaceOf();
    expect(listEntry(entry({ file: 'my-app/x.tar' }), workspace)).toMatchObject({
      project: 'my-app',
      os: 'debian-12',
      variant: 'base',
    });
  });

  it.each([
    [{ reference: 'docker.io/library/a:1', docker_tag: 'b:2' }, 'docker.io/library/a:1'],
    [{ docker_tag: 'b:2' }, 'docker.io/library/b:2'],
    [{ docker_tag: 'Not A:Name' }, 'Not A:Name'],
  ])('of %j has the reference %s', async (more, expected) => {
    const { workspace } = await workspaceOf();
    expect(listEntry(entry(more), workspace).reference).toBe(expected);
  });

  it('is pinned by itself, or by the settings', async () => {
    const { workspace } = await workspaceOf({ 'stowage.yaml': "pins: ['my-*']\n" });
    expect(listEntry(entry(), workspace).pinned).toBe(true);
    expect(listEntry(entry({ name: 'x', pinned: true }), workspace).pinned).toBe(true);
    expect(listEntry(entry({ name: 'x' }), workspace).pinned).toBe(false);
  });
});

it('every archive of the catalog is listed', async () => {
  const { workspace, call } = await workspaceOf();
  expect(await list(workspace)).toEqual([]);
  const { digest } = await savePath(workspace, BASE, call);
  expect(await list(workspace)).toMatchObject([{ name: NAME, digest, state: 'ok' }]);
});
