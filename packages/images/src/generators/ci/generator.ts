import { formatFiles, type Tree } from '@nx/devkit';
import { ImageError } from '@stowage/core/definition';
import { log } from '../../log.js';
import initGenerator from '../init/generator.js';
import { addShare, remoteOf, type CiProvider } from './ci-share.js';
import { workflowPath, writeWorkflow } from './workflow.js';

export interface CiGeneratorSchema {
  readonly name?: string;
  readonly provider?: CiProvider;
  readonly share?: string;
  readonly skipFormat?: boolean;
}

const GITLAB_FILE = '.gitlab-ci.yml';

/** Writes a CI workflow beside those that are there; refuses to change an existing one. */
export default async function ciGenerator(tree: Tree, schema: CiGeneratorSchema): Promise<void> {
  const { name = 'images' } = schema;
  const remote = remoteOf(tree.root);
  const isGitLab = tree.exists(GITLAB_FILE) || remote?.host.includes('gitlab') === true;
  const provider = schema.provider ?? (isGitLab ? 'gitlab' : 'github');
  const path = workflowPath(provider, name);
  if (tree.exists(path))
    throw new ImageError(
      'CONFLICT',
      `${path}: the workflow exists already. Choose another --name.`,
    );
  await initGenerator(tree, { skipFormat: true, skipPackageJson: true });
  const { share } = schema;
  const registry = addShare(tree, { provider, remote, ...(share === undefined ? {} : { share }) });
  writeWorkflow(tree, { provider, name, registry });
  if (provider === 'gitlab') includeInGitLab(tree, path);
  if (!schema.skipFormat) await formatFiles(tree);
}

/** GitLab reads one file, which includes others. */
function includeInGitLab(tree: Tree, path: string): void {
  const text = tree.exists(GITLAB_FILE) ? (tree.read(GITLAB_FILE, 'utf8') ?? '') : '';
  if (/^include:/m.test(text)) log.warn(`Add to include in ${GITLAB_FILE}: - local: ${path}`);
  else tree.write(GITLAB_FILE, `include:\n  - local: ${path}\n${text === '' ? '' : `\n${text}`}`);
}
