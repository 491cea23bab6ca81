import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import {
  familiarReference,
  ImageError,
  load,
  openWorkspace,
  parseReference,
  type LoadResult,
} from '@stowage/core';
import { log } from '../../log.js';
import { inputOf } from '../input-of.js';
import { ownDefinition } from '../own-definition.js';
import { failed, onEvent, type CommonOptions } from '../run.js';
import { stopSignal } from '../stop-signal.js';
import { runArguments, type ContainerOptions } from './run-arguments.js';

export interface RunImageExecutorOptions extends CommonOptions, ContainerOptions {}

/** The program and its option for another host than its own, for each engine that runs containers. */
const PROGRAMS: Readonly<Partial<Record<LoadResult['engine'], readonly [string, string]>>> = {
  docker: ['docker', '--host'],
  podman: ['podman', '--url'],
};

/** Loads the image of a definition and runs it in the foreground until it ends or the task is stopped. */
export default async function* runImage(
  { definition: path, engine, host, ...container }: RunImageExecutorOptions,
  context: ExecutorContext,
): AsyncGenerator<{ readonly success: boolean }, void> {
  using stopped = stopSignal();
  try {
    const call = { cwd: context.root, engine, host, onEvent };
    const workspace = await openWorkspace(context.root);
    const { definition } = await ownDefinition(workspace, path, call, context);
    const [loaded] = await load(workspace, [inputOf(workspace, definition)], call);
    const image = familiarReference(parseReference(loaded?.reference ?? definition.reference));
    const [program, hostOption] = PROGRAMS[loaded?.engine ?? 'embedded'] ?? [];
    if (program === undefined || hostOption === undefined)
      throw new ImageError(
        'UNSUPPORTED',
        `${image}: expected an engine that runs containers, got ${loaded?.engine ?? 'none'}`,
        { hint: 'Choose docker or podman with engine.' },
      );
    const args = runArguments(image, container, (folder) => resolve(context.root, folder));
    const child = spawn(program, [...(host === undefined ? [] : [hostOption, host]), ...args], {
      stdio: 'inherit',
    });
    stopped.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    await once(child, 'spawn').catch((cause: unknown) => {
      throw new ImageError('UNAVAILABLE', `${program}: the program does not start`, {
        hint: `Install the command line of ${program}.`,
        cause,
      });
    });
    const ended = once(child, 'close') as Promise<[number | null]>;
    log.info(`running ${image}`);
    yield { success: true };
    const [code] = await ended;
    if (code !== 0 && !stopped.signal.aborted)
      throw new ImageError('INVALID', `${image}: expected exit code 0, got ${code ?? 'a signal'}`);
  } catch (error) {
    yield failed(error);
  }
}
