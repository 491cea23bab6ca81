import { wording, verb } from '../../wording.js';
import type { Workspace } from '../workspace/workspace.js';
import { bad, failed, type EnvironmentCheck, type EnvironmentOptions } from './check.js';
import { checkCredentials } from './credentials.js';
import { checkDisks } from './disks.js';
import { checkEngines } from './engines.js';
import { checkShare } from './share.js';
import { checkNode, checkNx } from './versions.js';

type Check = (
  workspace: Workspace,
  options: EnvironmentOptions,
) => Promise<readonly EnvironmentCheck[]>;

const CHECKS: Readonly<Record<EnvironmentCheck['name'], Check>> = {
  node: async () => [checkNode(process.versions.node)],
  nx: checkNx,
  engine: checkEngines,
  disk: checkDisks,
  credentials: checkCredentials,
  share: checkShare,
};

/**
 * Checks what commands need besides archives: versions of Node.js and Nx, an engine, space on disks, stored credentials and
 * the share. All at the same time, and each for a limited time; nothing is changed, and no secret is in a result.
 */
export async function checkEnvironment(
  workspace: Workspace,
  { timeout = 5_000, ...options }: EnvironmentOptions,
): Promise<readonly EnvironmentCheck[]> {
  const all = Object.entries(CHECKS).map(([name, check]) => {
    const about = {
      name: name as EnvironmentCheck['name'],
      subject: '',
      state: 'problem',
    } as const;
    return within(timeout, {
      work: async (signal) => check(workspace, { ...options, signal }),
      late: [bad({ ...about, state: 'warning' }, `no answer within ${timeout / 1000} s`, LATE)],
      signal: options.signal,
    }).catch((error: unknown) => [failed(about, error, LATE)]);
  });
  const checks = await Promise.all(all);
  options.signal?.throwIfAborted();
  return checks.flat();
}

const LATE = wording`Look whether a disk or a server hangs, then run ${verb('doctor')} again.`;

/** The result of some work, or `late` if it takes longer than a time; its signal is aborted then. */
async function within<T>(
  milliseconds: number,
  {
    work,
    late,
    signal,
  }: {
    readonly work: (signal: AbortSignal) => Promise<T>;
    readonly late: T;
    readonly signal: AbortSignal | undefined;
  },
): Promise<T> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<T>((resolve) => {
    timer = setTimeout(() => {
      resolve(late);
      ending.abort();
    }, milliseconds);
  });
  try {
    const signals = [ending.signal, ...(signal ? [signal] : [])];
    return await Promise.race([work(AbortSignal.any(signals)), ended]);
  } finally {
    clearTimeout(timer);
  }
}
