import { generateFiles, readNxJson, type Tree } from '@nx/devkit';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { normalizeOptions, type ImagesPluginOptions } from '../../infer/options.js';
import type { CiProvider } from './ci-share.js';
import { installSteps } from './install-steps.js';

const PLUGIN = '@stowage/images';
const FOLDERS: Readonly<Record<CiProvider, string>> = {
  github: '.github/workflows',
  gitlab: '.gitlab',
};
/** The templates stay in `src`; this file runs from `dist`. */
const FILES = fileURLToPath(new URL('../../../src/generators/ci/files', import.meta.url));

/** Where a workflow is, relative to the workspace. */
export function workflowPath(provider: CiProvider, name: string): string {
  return `${FOLDERS[provider]}/${name}.yml`;
}

export interface Workflow {
  readonly provider: CiProvider;
  readonly name: string;
  /** Host of the registry that has the share. */
  readonly registry: string;
  /** The branch that publishes; the default one of nx.json when omitted. */
  readonly branch?: string;
}

/** Writes a workflow, in place of one that is there. */
export function writeWorkflow(tree: Tree, { provider, name, registry, branch }: Workflow): void {
  const { defaultBase = 'main', plugins = [] } = readNxJson(tree) ?? {};
  const own = plugins.find((each) => typeof each !== 'string' && each.plugin === PLUGIN);
  const options = typeof own === 'object' ? (own.options as ImagesPluginOptions) : undefined;
  const targets = normalizeOptions(options);
  generateFiles(tree, join(FILES, provider), FOLDERS[provider], {
    name,
    registry,
    branch: branch ?? defaultBase,
    save: targets.saveTargetName,
    load: targets.loadTargetName,
    ...installSteps(tree),
  });
}
