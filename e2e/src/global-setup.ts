import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ENGINE_NAMES, ENGINES_FOLDER, isEngineName, missingFor } from './engines/matrix.js';
import { startEngine, type StartedEngine } from './engines/start.js';
import { must } from './run.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** An npmrc for the local registry that has this repository's packages. */
    readonly npmrc: string;
    /** Address of the Docker Engine of the tests; empty if it cannot run here. */
    readonly dockerHost: string;
    readonly containerd: string;
    /** The folder with the files that contain Node.js; empty unless they are tested (`--mode standalone`). */
    readonly standalone: string;
  }
}

const ROOT = join(import.meta.dirname, '../..');

/**
 * Publishes this repository's packages to a local registry, and starts a Docker Engine for the tests, or makes the files that
 * contain Node.js, which then run in place of the built command.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const registry = fork(join(ROOT, 'tools/local-registry.mjs'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const failed = once(registry, 'exit').then(([code]) =>
    Promise.reject(new Error(`the registry ended with ${String(code)}`)),
  );
  const [{ url }] = (await Promise.race([once(registry, 'message'), failed])) as [{ url: string }];
  failed.catch(() => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'stowage-npmrc-'));
  const npmrc = join(folder, 'npmrc');
  const host = url.replace('http:', '');
  await writeFile(
    npmrc,
    `@stowage:registry=${url}\n${host}:_authToken=local\naudit=false\nfund=false\nnoproxy=127.0.0.1,localhost\n`,
    { mode: 0o600 },
  );
  // Provenance can be signed only in CI; a flag is the only way to override publishConfig.provenance.
  const flags = ['--no-provenance', '--tag=latest', `--registry=${url}`, `--userconfig=${npmrc}`];
  const packages = ['core', 'images', 'cli'].map((name) => `--workspace=packages/${name}`);
  await must('npm', ['publish', ...packages, ...flags], { cwd: ROOT });

  await enginesAreMade();
  const { name } = project.config;
  const standalone = name === 'standalone' ? join(folder, 'standalone') : '';
  if (standalone !== '') await makeStandalone(standalone);
  const engine = ['rest', 'standalone'].includes(name) ? undefined : await startShared();
  // Its own client programs are the first to be found, also by child processes.
  if (engine) process.env['PATH'] = engine.env['PATH'];
  project.provide('npmrc', npmrc);
  project.provide('standalone', standalone);
  project.provide('dockerHost', engine?.kind === 'containerd' ? '' : (engine?.host ?? ''));
  project.provide('containerd', engine?.containerd ?? '');
  return async () => {
    await engine?.stop();
    const gone = once(registry, 'exit');
    registry.kill('SIGTERM');
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
}

/** Child processes of Vitest inherit the environment. */
async function makeStandalone(folder: string): Promise<void> {
  await must(process.execPath, [join(ROOT, 'tools/standalone.mjs'), folder]);
  process.env['STOWAGE_E2E_COMMAND'] = join(folder, `stowage-linux-${process.arch}`);
}

/** Waits for `prepare.sh`, which may be making engines beside other tests: it holds a lock meanwhile. */
async function enginesAreMade(): Promise<void> {
  const lock = join(ENGINES_FOLDER, 'lock-all');
  if (existsSync(lock)) await must('flock', [lock, 'true']);
}

/**
 * Starts the engine that the tests share: that of STOWAGE_E2E_ENGINE, or the Docker Engine of this machine if it has one.
 */
async function startShared(): Promise<StartedEngine | undefined> {
  const name = process.env['STOWAGE_E2E_ENGINE'];
  if (name === undefined)
    return missingFor('docker-20.10') === undefined ? startEngine('docker-20.10') : undefined;
  if (isEngineName(name)) return startEngine(name);
  throw new Error(`STOWAGE_E2E_ENGINE: expected one of ${ENGINE_NAMES.join(', ')}, got ${name}`);
}
