import { expect, it } from 'vitest';
import { storeWith } from '../testing/image.js';
import { workspaceOf } from '../testing/workspace.js';
import type { Engine } from './engine/engine.js';
import { openLocation } from './open.js';

it('closes a delta and its base when the publishers of foreign layers cannot be connected to', async () => {
  const { workspace, cwd } = await workspaceOf();
  const closed: string[] = [];
  const engine = async () =>
    ({
      source: async (name: string) => {
        const store = await storeWith(name);
        store[Symbol.asyncDispose] = async () => void closed.push(name);
        return store;
      },
    }) as unknown as Engine;
  const registry = {
    get caFile(): string {
      throw new Error('no options');
    },
  };
  const { place, surroundings } = workspace;
  const options = { place, surroundings, cwd, engine, registry };
  const base = 'docker-daemon:base:1';
  const opening = openLocation('docker-daemon:delta:1', { ...options, base, foreignLayers: true });
  await expect(opening).rejects.toThrow('no options');
  expect(closed.sort()).toEqual(['base:1', 'delta:1']);
});
