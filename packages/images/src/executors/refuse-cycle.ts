import type { ExecutorContext } from '@nx/devkit';
import { ImageError } from '@stowage/core';

/** An image cannot be its own base; the graph has the edges, whatever tasks depend on. @throws ImageError USAGE */
export function refuseCycle({ projectName, projectGraph }: ExecutorContext): void {
  const chain = projectName === undefined ? undefined : wayBack(projectName, projectGraph);
  if (!chain) return;
  throw new ImageError('USAGE', `base: expected no cycle, got ${chain.join(' -> ')}`, {
    hint: 'Build one of these on something else.',
  });
}

/** A way from an image over the images that it needs, back to itself. */
function wayBack(
  start: string,
  graph: ExecutorContext['projectGraph'],
): readonly string[] | undefined {
  const isImage = (name: string) => graph.nodes[name]?.data.tags?.includes('image') === true;
  const seen = new Set<string>();
  const ways: (readonly string[])[] = [[start]];
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const { target } of graph.dependencies[way.at(-1) ?? ''] ?? []) {
      if (target === start && isImage(start)) return [...way, start];
      if (!isImage(target) || seen.has(target)) continue;
      seen.add(target);
      ways.push([...way, target]);
    }
  }
  return undefined;
}
