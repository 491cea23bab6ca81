import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkLayers, LAYERS, readImports } from './check-layers.js';

const root = join(import.meta.dirname, '..');

it('finds no import that breaks a layer', () => {
  expect(checkLayers(readImports(root))).toEqual([]);
});

it('knows every folder of core', () => {
  const folders = [...readImports(root).keys()].flatMap(
    (file) => /^packages\/core\/src\/([^/]+)\//.exec(file)?.[1] ?? [],
  );
  expect([...new Set(folders)].sort()).toEqual(Object.keys(LAYERS).sort());
});

it('prints the chain that breaks one', () => {
  const core = 'packages/core/src';
  const graph = new Map([
    [`${core}/oci/a.ts`, [`${core}/oci/b.ts`]],
    [`${core}/oci/b.ts`, ['node:fs']],
    [`${core}/store/c.ts`, [`${core}/archive/d.ts`]],
    ['packages/images/src/plugin.ts', ['packages/images/src/e.ts']],
    ['packages/images/src/e.ts', ['@stowage/core']],
  ]);
  expect(checkLayers(graph)).toEqual([
    `${core}/oci/a.ts -> ${core}/oci/b.ts -> node:fs: a pure file reaches the outside`,
    `${core}/oci/b.ts -> node:fs: a pure file reaches the outside`,
    `${core}/store/c.ts -> ${core}/archive/d.ts: this folder may not import that one`,
    'packages/images/src/plugin.ts -> packages/images/src/e.ts -> @stowage/core: the plugin is loaded by every nx command',
  ]);
});
