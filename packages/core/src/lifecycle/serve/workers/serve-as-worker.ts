import { once } from 'node:events';
import cluster from 'node:cluster';
import type { Limit } from '../../../registry/handler/limiter.js';
import type { Metrics } from '../../../registry/metrics.js';
import type { Quotas } from '../../../registry/storage/quota/quotas.js';
import type { Workspace } from '../../workspace/workspace.js';
import type { ServeOptions } from '../serve-options.js';
import { startServing, type Serving } from '../serve.js';
import { Calls, type MessagePort } from './calls.js';
import type { PrimaryOffers, SharedLimit, WorkerOffers } from './offered.js';
import { RemotePasswords } from './remote-passwords.js';

/**
 * Runs one worker of `serveByWorkers` in this process, with the same inputs and options, until the primary stops it or `signal`
 * is aborted. @throws as `serve`
 */
export async function serveAsWorker(
  workspace: Workspace,
  inputs: readonly string[],
  given: ServeOptions,
): Promise<void> {
  let metrics: Metrics | undefined;
  let serving: Serving | undefined;
  let quotas: Quotas | undefined;
  const stopped = new AbortController();
  const passwords = new RemotePasswords((login) => primary.call('login', login));
  const offered: WorkerOffers = {
    reload: async () => serving?.reload(),
    metrics: async () => (await metrics?.values()) ?? [],
    took: (added) => quotas?.addElsewhere(added),
    forget: (login) => passwords.forget(login),
    stop: () => stopped.abort(),
  };
  const primary = new Calls<PrimaryOffers>(portOfProcess(), offered);
  const { listen = given.listen, tells } = await primary.call('start', null);
  const limit = (name: SharedLimit) => remoteLimit(primary, name);
  const options = { ...given, listen, onEvent: tells ? given.onEvent : undefined };
  try {
    await using running = await startServing(workspace, inputs, options, {
      limits: { uploads: limit('uploads'), manifests: limit('manifests') },
      connections: limit('connections'),
      passwords,
      onMetrics: (own) => void (metrics = own),
      onQuotas: (own) => {
        quotas = own;
        own.share((added) => void primary.call('took', added).catch(() => undefined));
      },
      others: () => primary.call('metrics', null),
      isKept: true,
    });
    serving = running;
    await primary.call('ready', running.url);
    const ends = AbortSignal.any([stopped.signal, ...(given.signal ? [given.signal] : [])]);
    if (!ends.aborted) await once(ends, 'abort');
  } finally {
    cluster.worker?.disconnect();
  }
}

function remoteLimit(primary: Calls<PrimaryOffers>, limit: SharedLimit): Limit {
  return {
    enter: async (client, amount = 1) => {
      const reservation = await primary.call('enter', { limit, client, amount });
      const leave = () => void primary.call('leave', reservation).catch(() => undefined);
      return { [Symbol.dispose]: leave };
    },
  };
}

function portOfProcess(): MessagePort {
  return {
    send: (message, sent) => void process.send?.(message, sent),
    onMessage: (listener) => void process.on('message', listener),
    onEnd: (listener) => void process.on('disconnect', listener),
  };
}
