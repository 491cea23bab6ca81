import { once } from 'node:events';
import type { ExecutorContext } from '@nx/devkit';
import { openWorkspace } from '@stowage/core';
import { serve, type ServeOptions } from '@stowage/core/registry';
import { log } from '../../log.js';
import { failed, onEvent } from '../run.js';
import { stopSignal } from '../stop-signal.js';

export interface ServeExecutorOptions
  extends Pick<
    ServeOptions,
    | 'root'
    | 'listen'
    | 'readOnly'
    | 'upstream'
    | 'maxUsed'
    | 'htpasswd'
    | 'anonymous'
    | 'allowedHosts'
  > {
  readonly inputs?: readonly string[];
}

/** Runs a registry until the task is stopped, and yields its URL as `baseUrl`. */
export default async function* serveImages(
  { inputs = [], ...options }: ServeExecutorOptions,
  { root: cwd }: ExecutorContext,
): AsyncGenerator<{ readonly success: boolean; readonly baseUrl?: string }, void> {
  using stopped = stopSignal();
  try {
    const workspace = await openWorkspace(cwd);
    await using serving = await serve(workspace, inputs, {
      ...options,
      cwd,
      onEvent,
    });
    log.info(`registry: ${serving.url}`);
    yield { success: true, baseUrl: serving.url };
    if (!stopped.signal.aborted) await once(stopped.signal, 'abort');
  } catch (error) {
    yield failed(error);
  }
}
