import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build, type BuildResult } from '../src/lifecycle/build/build.js';
import type { BuildOptions } from '../src/lifecycle/build/make-tested.js';
import { saveDefinition } from '../src/lifecycle/build/save-definition.js';
import type { LifecycleEvent } from '../src/lifecycle/workspace/call.js';
import { readDefinition } from '../src/lifecycle/workspace/definitions.js';
import type { SaveResult } from '../src/lifecycle/save/save-image.js';
import { openWorkspace, type Workspace } from '../src/lifecycle/workspace/workspace.js';
import { temporaryFolder } from './temporary.js';

/** Name of the image of each of these workspaces. */
export const NAME = 'app-debian-12-base';
export const BASE = 'apps/app/images/base';
/** First lines of its definition. */
export const HEAD = 'project: app\nos: debian-12\nvariant: base\n';

/**
 * Creates a workspace with one definition, and a home folder with a cache of its own.
 *
 * @returns the workspace, and the options to call verbs with
 */
export async function workspaceOf(files: Readonly<Record<string, string>> = {}) {
  const cwd = await temporaryFolder();
  const all = {
    'stowage.yaml': '',
    [`${BASE}/image.yaml`]: `${HEAD}copy: [{ from: files, to: /opt }]\n`,
    [`${BASE}/files/a`]: 'a\n',
    ...files,
  };
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), content);
  }
  const events: LifecycleEvent[] = [];
  const stdin = () => {
    throw new Error('standard input is not read');
  };
  const call = {
    cwd,
    stdin,
    engine: 'embedded' as const,
    onEvent: (event: LifecycleEvent) => void events.push(event),
  };
  const home = await temporaryFolder();
  const env = { ...process.env, HOME: home, STOWAGE_CACHE_DIR: join(home, 'cache') };
  const workspace = await openWorkspace(cwd, { surroundings: { env } });
  return { cwd, call, events, workspace };
}

export async function savePath(
  workspace: Workspace,
  path: string,
  options: BuildOptions,
): Promise<SaveResult> {
  return saveDefinition(workspace, await readDefinition(workspace, path, options), options);
}

export async function buildPath(
  workspace: Workspace,
  path: string,
  options: BuildOptions,
): Promise<BuildResult> {
  return build(workspace, await readDefinition(workspace, path, options), options);
}
