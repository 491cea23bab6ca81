import { isDaemonless } from '../../definition/definition.js';
import { ImageError } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { mapInputs, MOVED_IMAGES } from '../workspace/inputs/map-inputs.js';
import { keepConnections, type Workspace } from '../workspace/workspace.js';

/**
 * Does some work for each definition, such as `saveDefinition`, over the same connections. Images that need no engine are worked on
 * side by side, each after the one of them that it is built on; if one of them needs an engine, one after the other, in the
 * same order. A failure does not stop the others.
 *
 * @returns the results, in the order of the definitions
 * @throws ImageError all failures of `work` in one
 */
export async function eachDefinition<T>(
  workspace: Workspace,
  definitions: readonly FoundDefinition[],
  work: (found: FoundDefinition, signal: AbortSignal) => Promise<T>,
  { signal }: CallOptions = {},
): Promise<T[]> {
  await using _ = keepConnections(workspace);
  const begun = new Map<string, Promise<T>>();
  const run = async (found: FoundDefinition, stop: AbortSignal): Promise<T> => {
    const { name, base } = found.definition;
    const before = begun.get(base);
    const doing = (async () => {
      if (before) await before.catch(() => refuse(name, base));
      return work(found, stop);
    })();
    begun.set(name, doing);
    return doing;
  };
  const isApart = definitions.every(({ definition }) => isDaemonless(definition));
  const concurrency = isApart ? MOVED_IMAGES : 1;
  await mapInputs(basesFirst(definitions), run, { signal, concurrency });
  return await Promise.all(
    definitions.flatMap(({ definition: { name } }) => begun.get(name) ?? []),
  );
}

/** The definitions in their order, but each after the one that it is built on. Where bases form a circle, one of them is the first. */
function basesFirst(definitions: readonly FoundDefinition[]): Iterable<FoundDefinition> {
  const byName = new Map(definitions.map((found) => [found.definition.name, found]));
  const ordered = new Set<FoundDefinition>();
  for (const found of definitions) {
    const chain = new Set<FoundDefinition>();
    let next: FoundDefinition | undefined = found;
    while (next && !ordered.has(next) && !chain.has(next)) {
      chain.add(next);
      next = byName.get(next.definition.base);
    }
    for (const each of [...chain].reverse()) ordered.add(each);
  }
  return ordered;
}

function refuse(name: string, base: string): never {
  const message = `${name}: it was not made, because its base ${base} failed`;
  throw new ImageError('NOT_FOUND', message, { location: name });
}
