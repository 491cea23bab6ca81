import { ImageError, listedImages, type Workspace } from '@stowage/core';
import { Option } from 'commander';
import { GROUPS } from './help/groups.js';
import type { Call, CommonOptions } from './verb.js';

/** `--images-from` of the commands that take images of registries. */
export function imagesFromOption(flag = '--images-from'): Option {
  const text =
    'images named in a file or folder; Kubernetes manifests, a Compose file, a list, …; - for stdin; repeatable';
  return new Option(`${flag} <file>`, text).argParser(
    (file: string, before: readonly string[] = []) => [...before, file],
  );
}

/** Another flag for `--images-from`, which people try; help does not show it. */
export function imagesFromAlias(flag: `--${string}`): Option {
  return Object.assign(imagesFromOption(flag).hideHelp(), { attributeName: () => 'imagesFrom' });
}

/** `--keep-going` of the commands that take several images. */
export function keepGoingOption(): Option {
  const text =
    'go on with the other images when one fails; print all failures at the end, and exit with the code of the first';
  return new Option('--keep-going', text).helpGroup(GROUPS.further);
}

/** Inputs, and the images that `--images-from` names. @throws ImageError USAGE (no input), NOT_FOUND, INVALID */
export async function withListedImages(
  workspace: Workspace,
  inputs: readonly string[],
  { options, call }: { readonly options: CommonOptions; readonly call: Call },
): Promise<readonly string[]> {
  const { imagesFrom = [] } = options;
  const found = await listedImages(workspace, imagesFrom, call);
  const all = [...inputs, ...found.map(({ reference }) => `docker://${reference}`)];
  if (all.length > 0) return all;
  if (imagesFrom.length > 0)
    throw new ImageError('USAGE', `--images-from ${imagesFrom.join(' ')}: no image is named there`);
  throw new ImageError('USAGE', 'name an image or an archive, or give --images-from FILE');
}
