import { registryHandler } from '../../registry/handler/handler.js';
import { Metrics } from '../../registry/metrics.js';
import { ImageError } from '../../errors.js';
import { readSettings, type Workspace } from '../workspace/workspace.js';
import { registryFolder } from '../maintain/registry-folder.js';
import { startUpkeep, parseUpkeep } from '../maintain/upkeep.js';
import { option, wording } from '../../wording.js';
import { parseListenAddress, listen, type Listening } from './listen.js';
import { openServed, parseLimits } from './open-served.js';
import { Gate } from './gate.js';
import { Retention } from './retention.js';
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
  const options = withSettings(workspace, inputs, given);
  const address = parseListenAddress(options.listen ?? '127.0.0.1:0');
  const { tlsCert: cert, tlsKey: key } = options;
  if ((cert === undefined) !== (key === undefined))
    throw new ImageError(
      'USAGE',
      wording`give ${option('tlsCert')} and ${option('tlsKey')} together, not one of them`,
    );
  const tls = cert === undefined || key === undefined ? undefined : { cert, key };
  const upkeep = parseUpkeep(options);
  const { now } = workspace.surroundings;
  // Disposed of from the last one to the first.
  const parts: (AsyncDisposable | Disposable)[] = [];
  const add = <T extends AsyncDisposable | Disposable>(part: T): T => {
    parts.push(part);
    return part;
  };
  try {
    const gate = add(await Gate.open(address.host, options));
    warnOfPlainPasswords(address.host, options);
    const served = await openServed(workspace, inputs, options);
    const { reader, storage, engine, namespaces, check, facts, setLimits } = served;
    if (engine) add(engine);
    add(reader);
    const { access, checkHost } = gate;
    const handler = registryHandler({
      ...{ reader, storage, namespaces, check, access, checkHost, now },
      metrics: await Metrics.open({ storage: facts }),
      onAnswered: options.onAnswered,
    });
    const listening = add(await listen(handler, { ...address, tls }));
    if (storage) add(startUpkeep(registryFolder(workspace, options), upkeep, { ...options, now }));
    const retention = storage && add(new Retention(workspace, options));
    retention?.update(options.prune);
    return {
      url: listening.url,
      reload: async () => {
        const reread = await readAgain(workspace, inputs, given);
        const limits = parseLimits(reread.maxUsed);
        await gate.update(reread);
        retention?.update(reread.prune);
        setLimits?.(limits);
        await listening.reload();
      },
      [Symbol.asyncDispose]: () => disposeAll(parts),
    };
  } catch (error) {
    await disposeAll(parts);
    throw error;
  }
}

async function disposeAll(parts: readonly (AsyncDisposable | Disposable)[]): Promise<void> {
  for (const part of parts.toReversed())
    if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]();
    else part[Symbol.dispose]();
}

/** The options of a registry as its settings file says now. */
async function readAgain(
  workspace: Workspace,
  inputs: readonly string[],
  given: ServeOptions,
): Promise<ServeOptions> {
  const { config } = workspace;
  if (config === undefined) return given;
  return withSettings({ config, settings: await readSettings(config, true) }, inputs, given);
}
