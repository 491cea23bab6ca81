import { isDaemonless } from '../../definition/definition.js';
import { ImageError } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';
import type { FoundDefinition } from '../workspace/definitions.js';
import { mapInputs, MOVED_IMAGES } from '../workspace/map-inputs.js';
import { keepConnections, type Workspace } from '../workspace/workspace.js';

/**
 * Does some work for each definition, such as `saveDefinition`, over the same connections. Images that need no engine are worked on
 * side by side, each after those before it in the list that it is built on; if one of them needs an engine, one after the
 * other. A failure does not stop the others.
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
  return await mapInputs(definitions, run, { signal, concurrency });
}

function refuse(name: string, base: string): never {
  const message = `${name}: it was not made, because its base ${base} failed`;
  throw new ImageError('NOT_FOUND', message, { location: name });
}
