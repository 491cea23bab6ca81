import type { Tree } from '@nx/devkit';
import { ImageError } from '@stowage/core/definition';
import { addShare, remoteOf } from '../../generators/ci/ci-share.js';
import { writeWorkflow } from '../../generators/ci/workflow.js';
import { log } from '../../log.js';
import { lineDiff } from './line-diff.js';
import { isOlderWorkflow, parseOlderWorkflow } from './older-workflow.js';

const FOLDER = '.github/workflows';

/** Writes a generated workflow anew if nobody changed it; prints the difference otherwise. */
export default function workflows(tree: Tree): void {
  for (const file of tree.exists(FOLDER) ? tree.children(FOLDER) : []) {
    const path = `${FOLDER}/${file}`;
    const text = tree.isFile(path) ? (tree.read(path, 'utf8') ?? '') : '';
    if (isOlderWorkflow(text)) migrate(tree, path, text);
  }
}

function migrate(tree: Tree, path: string, text: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
  const known = parseOlderWorkflow(text);
  const isOurs = known?.name === name && path.endsWith('.yml');
  const settings = tree.read('stowage.yaml');
  try {
    const registry = addShare(tree, { provider: 'github', remote: remoteOf(tree.root) });
    const { branch } = known ?? {};
    writeWorkflow(tree, { provider: 'github', name, registry, ...(branch ? { branch } : {}) });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    log.warn(`${path}: it caches .nx/cache, which other machines do not read.`);
    log.warn(`  Delete it, and run nx g @stowage/images:ci ${name} --share=HOST/REPOSITORY.`);
    return;
  }
  if (isOurs) return log.info(`${path}: written anew; images are shared through a registry`);
  const written = `${FOLDER}/${name}.yml`;
  const difference = lineDiff(text, tree.read(written, 'utf8') ?? '');
  if (written === path) tree.write(path, text);
  else tree.delete(written);
  if (settings) tree.write('stowage.yaml', settings);
  else tree.delete('stowage.yaml');
  log.warn(`${path}: it was changed, and is left as it is. The generator would write now:`);
  for (const line of difference) log.warn(`  ${line}`);
}
