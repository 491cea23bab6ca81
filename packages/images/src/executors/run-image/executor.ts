import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
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

/** How long a container may take to end after SIGTERM (ms); then it is removed by force. */
const GRACE_MS = 10_000;

/** Loads the image of a definition and runs it in the foreground until it ends or the task is stopped. */
export default async function* runImage(
  { definition: path, engine, host, ...container }: RunImageExecutorOptions,
  context: ExecutorContext,
): AsyncGenerator<{ readonly success: boolean }, void> {
  using stopped = stopSignal();
  const { signal } = stopped;
  try {
    const call = { cwd: context.root, engine, host, onEvent, signal };
    const workspace = await openWorkspace(context.root);
    const { definition } = await ownDefinition(workspace, path, call, context);
    const [loaded] = await load(workspace, [inputOf(workspace, definition)], call);
    const image = familiarReference(parseReference(loaded?.reference ?? definition.reference));
    const [program, hostOption] = PROGRAMS[loaded?.engine ?? 'embedded'] ?? [];
    if (program === undefined || hostOption === undefined)
      throw new ImageError(
        'UNSUPPORTED',
        `${image}: ${loaded?.engine ?? 'no engine'} runs no containers`,
        { hint: 'Choose docker or podman with engine.' },
      );
    const run = (args: readonly string[], stdio: 'inherit' | 'ignore') =>
      spawn(program, [...(host === undefined ? [] : [hostOption, host]), ...args], { stdio });
    const name = `${definition.name}-${randomBytes(4).toString('hex')}`;
    const args = runArguments(image, { ...container, name }, (each) => resolve(context.root, each));
    signal.throwIfAborted();
    const child = run(args, 'inherit');
    await started(child, program);
    const ended = once(child, 'close') as Promise<[number | null]>;
    log.info(`running ${image} as ${name}`);
    const remove = () => run(['rm', '--force', name], 'ignore').once('error', () => undefined);
    let grace: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => {
      // The program sends it on to the container.
      child.kill('SIGTERM');
      grace = setTimeout(remove, GRACE_MS);
    });
    yield { success: true };
    const [code] = await ended;
    clearTimeout(grace);
    // A program that is killed leaves its container running.
    if (signal.aborted) await once(remove(), 'close');
    else if (code !== 0)
      throw new ImageError(
        'INVALID',
        `${image}: the container ended with ${code === null ? 'a signal' : `exit code ${code}`}`,
      );
  } catch (error) {
    if (!signal.aborted) yield failed(error);
  }
}

/** Waits until a program runs. @throws ImageError UNAVAILABLE */
async function started(child: ChildProcess, program: string): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new ImageError('UNAVAILABLE', `${program}: the program does not start`, {
      cause,
      hint: `Install the command ${program}: it runs containers.`,
    });
  }
}
