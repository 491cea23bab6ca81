import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { must, run, type RunResult } from './run.js';

const ENV = {
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  CI: 'true',
  npm_config_yes: 'true',
};

/** A user's Nx workspace, outside this repository, under git. */
export interface NxWorkspace {
  readonly root: string;
  readonly nx: (...args: string[]) => Promise<string>;
  /** Like `nx`, for commands that may fail. */
  readonly tryNx: (...args: string[]) => Promise<RunResult>;
  readonly write: (path: string, content: string | Uint8Array) => Promise<void>;
  readonly read: (path: string) => Promise<string>;
  readonly commit: (message: string) => Promise<void>;
  /** A path in the workspace; its root when omitted. */
  readonly remove: (path?: string) => Promise<void>;
}

/** Makes a workspace with one project, `apps/app`, and adds the plugin as a user would. */
export async function createNxWorkspace(
  version: string,
  env: Readonly<Record<string, string>> = {},
  plugin = 'latest',
): Promise<NxWorkspace> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-nx-'));
  const write = async (path: string, content: string | Uint8Array) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  const git = (...args: string[]) =>
    must('git', ['-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', ...args], {
      cwd: root,
    });
  const commit = async (message: string) => {
    await git('add', '-A');
    await git('commit', '-qm', message, '--allow-empty');
  };
  const options = { cwd: root, env: { ...ENV, ...env } };
  // Run directly: npx takes half a second to find it.
  const bin = join(root, 'node_modules/.bin/nx');
  const nx = (...args: string[]) => must(bin, withOutput(args), options);
  await copyFile(inject('npmrc'), join(root, '.npmrc'));
  await write(
    'package.json',
    JSON.stringify({
      name: 'consumer',
      version: '0.0.0',
      private: true,
      devDependencies: { nx: version },
    }),
  );
  await write('nx.json', '{"analytics":false,"neverConnectToCloud":true,"defaultBase":"main"}');
  await write('.gitignore', 'node_modules\n.nx\ndist\n.npmrc\n');
  await write('apps/app/project.json', JSON.stringify({ name: 'app', root: 'apps/app' }));
  await must('npm', ['install'], options);
  await git('init', '-qb', 'main');
  await nx('add', `@stowage/images@${plugin}`);
  await commit('workspace');
  return {
    root,
    nx,
    tryNx: (...args) => run(bin, withOutput(args), options),
    write,
    read: (path) => readFile(join(root, path), 'utf8'),
    commit,
    remove: (path = '') => rm(join(root, path), { recursive: true, force: true }),
  };
}

/** Adds an output style: by default Nx hides the output of tasks that others depend on. */
function withOutput(args: readonly string[]): readonly string[] {
  return ['run', 'run-many', 'affected'].includes(args[0] ?? '')
    ? [...args, '--output-style=stream']
    : args;
}
