import { describe, expect, it } from 'vitest';
import { storeWith, writeImage } from '../../testing/image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { EmbeddedEngine } from '../engine/embedded.js';
import { ensureInEngine } from './put-into.js';

describe('an image in an engine', () => {
  it('is copied where it is missing, and only then', async () => {
    const store = await storeWith('app:1');
    const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
    const image = await ensureInEngine(engine, store, 'app:1');
    expect(image.references).toEqual(['docker.io/library/app:1']);
    const refusing = Object.assign(engine, { sink: () => expect.unreachable() });
    expect(await ensureInEngine(refusing, store, 'app:1')).toEqual(image);
  });

  it('replaces another one of its name', async () => {
    const store = await storeWith('app:1');
    const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
    const old = await ensureInEngine(engine, store, 'app:1');
    await writeImage(store, 'app:1', { seed: 'new' });
    const image = await ensureInEngine(engine, store, 'app:1');
    expect(image.id).not.toBe(old.id);
    expect(await engine.inspect('app:1')).toMatchObject({ id: image.id });
  });

  it('that has the name of another one after the copy is a CONFLICT', async () => {
    const store = await storeWith('app:1');
    const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
    const losing = Object.assign(engine, { inspect: async () => undefined });
    await expect(ensureInEngine(losing, store, 'app:1')).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('is not copied after an abort', async () => {
    const engine = new EmbeddedEngine(await temporaryFolder(), { now: Date.now });
    const signal = AbortSignal.abort(new TypeError('stopped'));
    const copying = ensureInEngine(engine, await storeWith('app:1'), 'app:1', { signal });
    await expect(copying).rejects.toThrow('stopped');
    expect(await engine.inspect('app:1')).toBeUndefined();
  });
});
