import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLayers, LAYERS, readImports, roomOf } from './check-layers.js';

const root = join(import.meta.dirname, '..');
const CORE = 'packages/core/src/';

it('finds no import that breaks a layer', () => {
  expect(checkLayers(readImports(root))).toEqual([]);
});

it('has a rule for every folder of core, and for no other', () => {
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

it('prints the chain of imports that breaks a rule', () => {
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
    `${core}/oci/a.ts -> ${core}/oci/b.ts -> node:fs: a pure file imports files, processes or network`,
    `${core}/oci/b.ts -> node:fs: a pure file imports files, processes or network`,
    `${core}/store/c.ts -> ${core}/archive/d.ts: not an allowed import`,
    `${core}/registry/handler/e.ts -> ${core}/registry/storage/f.ts: not an allowed import`,
    `${core}/lifecycle/load/g.ts -> ${core}/lifecycle/push/h.ts: not an allowed import`,
    'packages/images/src/plugin.ts -> packages/images/src/e.ts -> @stowage/core: too heavy for the plugin, which every nx command loads',
  ]);
});

it('prints a circle of imports once, by its shortest chain', () => {
  const graph = new Map([
    ['packages/cli/src/a.ts', ['packages/cli/src/b.ts', 'packages/cli/src/d.ts']],
    ['packages/cli/src/b.ts', ['packages/cli/src/c.ts']],
    ['packages/cli/src/c.ts', ['packages/cli/src/a.ts', 'packages/cli/src/d.ts']],
    ['packages/cli/src/d.ts', []],
  ]);
  expect(checkLayers(graph)).toEqual([
    'packages/cli/src/a.ts -> packages/cli/src/b.ts -> packages/cli/src/c.ts -> packages/cli/src/a.ts: a circle of imports',
  ]);
});
