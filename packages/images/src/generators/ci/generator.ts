import {
  detectPackageManager,
  formatFiles,
  generateFiles,
  getPackageManagerCommand,
  readNxJson,
  type Tree,
} from '@nx/devkit';
import { ImageError } from '@stowage/core/definition';
import { fileURLToPath } from 'node:url';
import { normalizeOptions, type ImagesPluginOptions } from '../../infer/options.js';
import initGenerator from '../init/generator.js';

export interface CiGeneratorSchema {
  readonly name?: string;
  readonly skipFormat?: boolean;
}

const PLUGIN = '@stowage/images';
const WORKFLOWS = '.github/workflows';
/** The templates stay in `src`; this file runs from `dist`. */
const FILES = fileURLToPath(new URL('../../../src/generators/ci/files', import.meta.url));

/** Writes a CI workflow; refuses to change an existing one. */
export default async function ciGenerator(tree: Tree, schema: CiGeneratorSchema): Promise<void> {
  const { name = 'images' } = schema;
  const path = `${WORKFLOWS}/${name}.yml`;
  if (tree.exists(path))
    throw new ImageError(
      'CONFLICT',
      `${path}: the workflow exists already. Choose another --name.`,
    );
  await initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  const manager = getPackageManagerCommand(detectPackageManager(tree.root));
  const { defaultBase = 'main', plugins = [] } = readNxJson(tree) ?? {};
  const own = plugins.find((each) => typeof each !== 'string' && each.plugin === PLUGIN);
  const options = typeof own === 'object' ? (own.options as ImagesPluginOptions) : undefined;
  const targets = normalizeOptions(options);
  generateFiles(tree, FILES, WORKFLOWS, {
    name,
    branch: defaultBase,
    install: manager.ciInstall ?? manager.install,
    exec: manager.exec,
    save: targets.saveTargetName,
    verify: targets.verifyTargetName,
    load: targets.loadTargetName,
    prune: targets.pruneTargetName,
  });
  if (!schema.skipFormat) await formatFiles(tree);
}
