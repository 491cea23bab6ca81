import type { ExecutorContext } from '@nx/devkit';
import { ImageError } from '@stowage/core';

/** Refuses an image that is, directly or indirectly, its own base, by the edges of the project graph. @throws ImageError USAGE */
export function refuseCycle({ projectName, projectGraph }: ExecutorContext): void {
  const chain = projectName === undefined ? undefined : findCycle(projectName, projectGraph);
  if (!chain) return;
  throw new ImageError('USAGE', `base: a cycle: ${chain.join(' -> ')}`, {
    hint: 'Build one of these on something else.',
  });
}

/** The shortest chain of dependencies from an image over other images back to itself. */
function findCycle(
  start: string,
  graph: ExecutorContext['projectGraph'],
): readonly string[] | undefined {
  const isImage = (name: string) => graph.nodes[name]?.data.tags?.includes('image') === true;
  const seen = new Set<string>();
  const chains: (readonly string[])[] = [[start]];
  for (let chain = chains.shift(); chain; chain = chains.shift()) {
    for (const { target } of graph.dependencies[chain.at(-1) ?? ''] ?? []) {
      if (target === start && isImage(start)) return [...chain, start];
      if (!isImage(target) || seen.has(target)) continue;
      seen.add(target);
      chains.push([...chain, target]);
    }
  }
  return undefined;
}
