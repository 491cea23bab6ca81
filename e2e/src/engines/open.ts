import { copyGraph, detectEngine, walk, type Engine } from '@stowage/core';
import type { MemoryStore } from '../../../packages/core/testing/memory-store.js';
import type { EngineUnderTest } from './describe-engines.js';

export function openEngine({ started }: EngineUnderTest): Promise<Engine> {
  const { kind, host } = started();
  return detectEngine({ engine: kind, host, storeFolder: '' });
}

/** Puts an image with all that the store has of it into the engine. */
export async function putImage(
  engine: Engine,
  store: MemoryStore,
  reference: string,
): Promise<void> {
  const { descriptor } = await store.resolve(reference);
  const graph = await walk(store, descriptor, { missing: 'report' });
  await using sink = engine.sink();
  await copyGraph(store, graph, sink);
  await sink.tag(descriptor, reference);
  await sink.commit();
}
