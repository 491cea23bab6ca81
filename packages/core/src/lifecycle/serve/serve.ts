import { registryHandler } from '../../registry/handler/handler.js';
import type { PasswordCheck } from '../../registry/access/passwords.js';
import type { Limit, RequestLimits } from '../../registry/handler/limiter.js';
import { Metrics, type MetricsValues } from '../../registry/metrics.js';
import type { Quotas } from '../../registry/storage/quota/quotas.js';
import { ImageError } from '../../errors.js';
import { readSettings, type Workspace } from '../workspace/workspace.js';
import { parseUpkeep } from '../maintain/upkeep.js';
import { option, wording } from '../../wording.js';
import { parseListenAddress, listen, type Listening } from './listen.js';
import { openServed, parseLimits } from './open-served.js';
import { Gate } from './gate.js';
import { startKeeping } from './keeping.js';
import { warnOfPlainPasswords } from './serve-access.js';
import type { ServeOptions } from './serve-options.js';
import { withSettings } from './serve-settings.js';

/** A registry that runs until it is disposed of. */
export interface Serving extends Listening {
  /**
   * Reads users, rules, host names, certificate and key again, from their files and the settings file that was given, and
   * from the latter limits (`max_used`, `max_used_below`) and the rules of `prune`.
   *
   * @throws ImageError USAGE, NOT_FOUND; what was not read stays as it is
   */
  readonly reload: () => Promise<void>;
}

/**
 * Runs a registry until it is disposed of: over a folder of its own, or read-only over unchanged archives. Options that are
 * not given are those of `serve` in a settings file that was given (not in that of a workspace, which may be a stranger's).
 *
 * @throws ImageError USAGE (contradicting options, a folder that cannot be written or is another program's, or no access
 *   control on an address that is not loopback), NOT_FOUND, CONFLICT (the address is in use)
 */
export async function serve(
  workspace: Workspace,
  inputs: readonly string[],
  given: ServeOptions,
): Promise<Serving> {
  return startServing(workspace, inputs, given, {});
}

/** What the processes of one registry share; a process alone has its own. */
export interface Shared {
  readonly limits?: RequestLimits;
  readonly connections?: Limit;
  readonly passwords?: PasswordCheck;
  /** Called with the metrics of this process, which other processes add to theirs. */
  readonly onMetrics?: (own: Metrics) => void;
  /** Called with the limits of the folder, whose use other processes are told. */
  readonly onQuotas?: (own: Quotas) => void;
  /** Returns the metrics of the other processes. */
  readonly others?: () => Promise<readonly MetricsValues[]>;
  /** Another process looks after the folder. */
  readonly isKept?: boolean;
}

/** Runs {@link serve}, or one of its processes. */
export async function startServing(
  workspace: Workspace,
  inputs: readonly string[],
  given: ServeOptions,
  shared: Shared,
): Promise<Serving> {
  const options = withSettings(workspace, inputs, given);
  const address = parseListenAddress(options.listen ?? '127.0.0.1:0');
  const { tlsCert: cert, tlsKey: key } = options;
  if ((cert === undefined) !== (key === undefined))
    throw new ImageError(
      'USAGE',
      wording`give ${option('tlsCert')} and ${option('tlsKey')} together, not one of them`,
    );
  const tls = cert === undefined || key === undefined ? undefined : { cert, key };
  parseUpkeep(options);
  const { now } = workspace.surroundings;
  // Disposed of from the last one to the first.
  const parts: (AsyncDisposable | Disposable)[] = [];
  const add = <T extends AsyncDisposable | Disposable>(part: T): T => {
    parts.push(part);
    return part;
  };
  try {
    const gate = add(await Gate.open(address.host, options, shared.passwords));
    warnOfPlainPasswords(address.host, options);
    const served = await openServed(workspace, inputs, options);
    const { reader, storage, engine, namespaces, check, facts, quotas } = served;
    if (engine) add(engine);
    add(reader);
    const { access, checkHost } = gate;
    const { limits, connections } = shared;
    const metrics = await Metrics.open({ storage: facts, others: shared.others });
    shared.onMetrics?.(metrics);
    if (quotas) shared.onQuotas?.(quotas);
    const handler = registryHandler({
      ...{ reader, storage, namespaces, check, access, checkHost, now, limits, metrics },
      onAnswered: options.onAnswered,
    });
    const listening = add(await listen(handler, { ...address, tls, connections }));
    const keeping = storage && !shared.isKept ? add(startKeeping(workspace, options)) : undefined;
    return {
      url: listening.url,
      reload: async () => {
        const reread = await readAgain(workspace, inputs, given);
        const changed = parseLimits(reread.maxUsed);
        await gate.update(reread);
        keeping?.update(reread);
        quotas?.update(changed);
        await listening.reload();
      },
      [Symbol.asyncDispose]: () => disposeAll(parts),
    };
  } catch (error) {
    await disposeAll(parts);
    throw error;
  }
}

export async function disposeAll(parts: readonly (AsyncDisposable | Disposable)[]): Promise<void> {
  for (const part of parts.toReversed())
    if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]();
    else part[Symbol.dispose]();
}

/** The options of a registry as its settings file says now. */
export async function readAgain(
  workspace: Workspace,
  inputs: readonly string[],
  given: ServeOptions,
): Promise<ServeOptions> {
  const { config } = workspace;
  if (config === undefined) return given;
  return withSettings({ config, settings: await readSettings(config, true) }, inputs, given);
}
