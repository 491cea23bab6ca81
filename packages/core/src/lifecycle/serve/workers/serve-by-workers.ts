import type { Worker } from 'node:cluster';
import type { Workspace } from '../../workspace/workspace.js';
import { Gate } from '../gate.js';
import { startKeeping } from '../keeping.js';
import { parseListenAddress } from '../listen.js';
import type { ServeOptions } from '../serve-options.js';
import { withSettings } from '../serve-settings.js';
import { disposeAll, readAgain, type Serving } from '../serve.js';
import { Crew } from './crew.js';

/** Options of {@link serveByWorkers}. */
export interface WorkersOptions {
  /** Number of workers. */
  readonly workers: number;
  /** Starts this program again as a worker of `node:cluster`; there it calls `serveAsWorker`. */
  readonly fork: () => Worker;
}

/**
 * Runs a registry in several processes, until it is disposed of: workers answer requests, this process keeps what they share
 * (limits, counts of wrong passwords, metrics) and looks after the folder. A worker that ends is replaced, with a notice.
 *
 * @throws WorkerEnded (a worker ended before it was ready, and has told why); ImageError as `serve`
 */
export async function serveByWorkers(
  workspace: Workspace,
  given: ServeOptions,
  { workers, fork }: WorkersOptions,
): Promise<Serving> {
  const options = withSettings(workspace, [], given);
  const { host } = parseListenAddress(options.listen ?? '127.0.0.1:0');
  const parts: (AsyncDisposable | Disposable)[] = [];
  const add = <T extends AsyncDisposable | Disposable>(part: T): T => {
    parts.push(part);
    return part;
  };
  try {
    // The first worker tells what is wrong with the options, and notices about them.
    const silent = { ...options, onEvent: undefined };
    const crew: Crew = add(new Crew({ fork, onEvent: given.onEvent }));
    const url = await crew.add();
    const gate = add(await Gate.open(host, silent, { onBlocked: (login) => crew.forget(login) }));
    crew.access = gate.access;
    await Promise.all(Array.from({ length: workers - 1 }, () => crew.add()));
    const keeping = options.readOnly ? undefined : add(startKeeping(workspace, options));
    return {
      url,
      reload: async () => {
        const reread = await readAgain(workspace, [], given);
        await crew.reload();
        await gate.update({ ...reread, onEvent: undefined });
        keeping?.update(reread);
      },
      [Symbol.asyncDispose]: () => disposeAll(parts),
    };
  } catch (error) {
    await disposeAll(parts);
    throw error;
  }
}
