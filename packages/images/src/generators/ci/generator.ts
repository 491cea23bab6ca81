import { formatFiles, generateFiles, readNxJson, type Tree } from '@nx/devkit';
import { ImageError } from '@stowage/core/definition';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { log } from '../../log.js';
import { normalizeOptions, type ImagesPluginOptions } from '../../infer/options.js';
import initGenerator from '../init/generator.js';
import { addShare, remoteOf, type CiProvider } from './ci-share.js';
import { installSteps } from './install-steps.js';

export interface CiGeneratorSchema {
  readonly name?: string;
  readonly provider?: CiProvider;
  readonly share?: string;
  readonly skipFormat?: boolean;
}

const PLUGIN = '@stowage/images';
const FOLDERS: Readonly<Record<CiProvider, string>> = {
  github: '.github/workflows',
  gitlab: '.gitlab',
};
const GITLAB_FILE = '.gitlab-ci.yml';
/** The templates stay in `src`; this file runs from `dist`. */
const FILES = fileURLToPath(new URL('../../../src/generators/ci/files', import.meta.url));

/** Writes a CI workflow beside those that are there; refuses to change an existing one. */
export default async function ciGenerator(tree: Tree, schema: CiGeneratorSchema): Promise<void> {
  const { name = 'images' } = schema;
  const remote = remoteOf(tree.root);
  const isGitLab = tree.exists(GITLAB_FILE) || remote?.host.includes('gitlab') === true;
  const provider = schema.provider ?? (isGitLab ? 'gitlab' : 'github');
  const path = `${FOLDERS[provider]}/${name}.yml`;
  if (tree.exists(path))
    throw new ImageError(
      'CONFLICT',
      `${path}: the workflow exists already. Choose another --name.`,
    );
  await initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  const { share } = schema;
  const registry = addShare(tree, { provider, remote, ...(share === undefined ? {} : { share }) });
  const { defaultBase = 'main', plugins = [] } = readNxJson(tree) ?? {};
  const own = plugins.find((each) => typeof each !== 'string' && each.plugin === PLUGIN);
  const options = typeof own === 'object' ? (own.options as ImagesPluginOptions) : undefined;
  const targets = normalizeOptions(options);
  generateFiles(tree, join(FILES, provider), FOLDERS[provider], {
    name,
    registry,
    branch: defaultBase,
    save: targets.saveTargetName,
    load: targets.loadTargetName,
    ...installSteps(tree),
  });
  if (provider === 'gitlab') includeInGitLab(tree, path);
  if (!schema.skipFormat) await formatFiles(tree);
}

/** GitLab reads one file, which includes others. */
function includeInGitLab(tree: Tree, path: string): void {
  const text = tree.exists(GITLAB_FILE) ? (tree.read(GITLAB_FILE, 'utf8') ?? '') : '';
  if (/^include:/m.test(text)) log.warn(`Add to include in ${GITLAB_FILE}: - local: ${path}`);
  else tree.write(GITLAB_FILE, `include:\n  - local: ${path}\n${text === '' ? '' : `\n${text}`}`);
}
