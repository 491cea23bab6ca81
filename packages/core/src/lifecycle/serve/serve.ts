import { registryHandler } from '../../registry/handler/handler.js';
import { Metrics } from '../../registry/metrics.js';
import { ImageError } from '../../errors.js';
import type { Workspace } from '../workspace/workspace.js';
import { registryFolder } from '../maintain/registry-folder.js';
import { startUpkeep, parseUpkeep } from '../maintain/upkeep.js';
import { option, wording } from '../../wording.js';
import { parseListenAddress, listen, type Listening } from './listen.js';
import { openServed } from './open-served.js';
import { accessFor, hostCheckFor, warnOfPlainPasswords } from './serve-access.js';
import type { ServeOptions } from './serve-options.js';

/**
 * Runs a registry until it is disposed of: over a folder of its own, or read-only over unchanged archives.
 *
 * @throws ImageError USAGE (contradicting options, or no access control on an address that is not loopback), NOT_FOUND,
 *   CONFLICT (the address is in use)
 */
export async function serve(
  workspace: Workspace,
  inputs: readonly string[],
  options: ServeOptions,
): Promise<Listening> {
  const address = parseListenAddress(options.listen ?? '127.0.0.1:0');
  const { tlsCert: cert, tlsKey: key } = options;
  if ((cert === undefined) !== (key === undefined))
    throw new ImageError(
      'USAGE',
      wording`give ${option('tlsCert')} and ${option('tlsKey')} together, not one of them`,
    );
  const checkHost = hostCheckFor(address.host, options);
  const upkeep = parseUpkeep(options);
  const access = await accessFor(address.host, options);
  warnOfPlainPasswords(address.host, options);
  const served = await openServed(workspace, inputs, options);
  const { reader, storage, engine, namespaces, check } = served;
  const close = async (): Promise<void> => {
    await reader[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    await access?.[Symbol.asyncDispose]();
  };
  try {
    const metrics = await Metrics.open();
    const { onAnswered } = options;
    const { now } = workspace.surroundings;
    const serving = { reader, storage, namespaces, check, access, checkHost };
    const handler = registryHandler({ ...serving, metrics, onAnswered, now });
    const tls = cert === undefined || key === undefined ? undefined : { cert, key };
    const listening = await listen(handler, { ...address, tls });
    const keeping =
      storage && startUpkeep(registryFolder(workspace, options), upkeep, { ...options, now });
    return {
      url: listening.url,
      [Symbol.asyncDispose]: async () => {
        keeping?.[Symbol.dispose]();
        await listening[Symbol.asyncDispose]();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
