import type { ExecutorContext } from '@nx/devkit';
import { ImageError, shortList } from '@stowage/core';

/**
 * Refuses an option that names one image when the tasks of several images have it, as the target of their owner
 * forwards it. Every one of these tasks refuses it, before it moves anything.
 *
 * @throws ImageError USAGE
 */
export function refuseShared(
  option: string,
  value: string | undefined,
  { taskGraph, projectGraph, targetName }: ExecutorContext,
): void {
  if (value === undefined) return;
  const images = Object.values(taskGraph?.tasks ?? {})
    .filter(({ target, overrides }) => {
      const { [option]: given } = overrides as Readonly<Record<string, unknown>>;
      return target.target === targetName && given === value;
    })
    .map(({ target }) => target.project)
    .filter((project) => projectGraph.nodes[project]?.data.tags?.includes('image') === true);
  if (images.length < 2) return;
  throw new ImageError(
    'USAGE',
    `${option} ${JSON.stringify(value)}: one value cannot name several images: ${shortList(images)}`,
    { hint: `Run the target of one image: nx run ${images[0]}:${targetName ?? ''}.` },
  );
}
