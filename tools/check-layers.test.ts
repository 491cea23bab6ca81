import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLayers, LAYERS, readImports, roomOf } from './check-layers.js';

const root = join(import.meta.dirname, '..');
const CORE = 'packages/core/src/';

it('finds no import that breaks a layer', () => {
  expect(checkLayers(readImports(root))).toEqual([]);
});

it('knows every folder of core, and no other', () => {
  const files = [...readImports(root).keys()].filter((file) => file.startsWith(CORE));
  const rooms = new Set(files.map(roomOf));
  expect([...rooms].filter((room) => room !== undefined).sort()).toEqual(
    Object.keys(LAYERS).sort(),
  );
  const strangers = files.filter(
    (file) => roomOf(file) === undefined && file.split('/').length > 4,
  );
  expect(strangers).toEqual([]);
});

it('prints the chain that breaks one', () => {
  const core = 'packages/core/src';
  const graph = new Map([
    [`${core}/oci/a.ts`, [`${core}/oci/b.ts`]],
    [`${core}/oci/b.ts`, ['node:fs']],
    [`${core}/store/c.ts`, [`${core}/archive/d.ts`]],
    [`${core}/registry/handler/e.ts`, [`${core}/registry/storage/f.ts`]],
    [`${core}/lifecycle/load/g.ts`, [`${core}/lifecycle/push/h.ts`]],
    ['packages/images/src/plugin.ts', ['packages/images/src/e.ts']],
    ['packages/images/src/e.ts', ['@stowage/core']],
  ]);
  expect(checkLayers(graph)).toEqual([
    `${core}/oci/a.ts -> ${core}/oci/b.ts -> node:fs: a pure file reaches the outside`,
    `${core}/oci/b.ts -> node:fs: a pure file reaches the outside`,
    `${core}/store/c.ts -> ${core}/archive/d.ts: this room may not import that one`,
    `${core}/registry/handler/e.ts -> ${core}/registry/storage/f.ts: this room may not import that one`,
    `${core}/lifecycle/load/g.ts -> ${core}/lifecycle/push/h.ts: this room may not import that one`,
    'packages/images/src/plugin.ts -> packages/images/src/e.ts -> @stowage/core: the plugin is loaded by every nx command',
  ]);
});

it('prints a circle of files once, by its shortest chain', () => {
  const graph = new Map([
    ['packages/cli/src/a.ts', ['packages/cli/src/b.ts', 'packages/cli/src/d.ts']],
    ['packages/cli/src/b.ts', ['packages/cli/src/c.ts']],
    ['packages/cli/src/c.ts', ['packages/cli/src/a.ts', 'packages/cli/src/d.ts']],
    ['packages/cli/src/d.ts', []],
  ]);
  expect(checkLayers(graph)).toEqual([
    'packages/cli/src/a.ts -> packages/cli/src/b.ts -> packages/cli/src/c.ts -> packages/cli/src/a.ts: a circle of files',
  ]);
});
