import { ImageError } from '../../errors.js';
import { parseLocation, type Location } from '../../location.js';
import type { Opened } from '../../open.js';
import type { AnsweredRequest } from '../../registry/handler/answered-request.js';
import { registryHandler } from '../../registry/handler/handler.js';
import { Metrics } from '../../registry/metrics.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import type { RegistryReader, RegistryStorage } from '../../registry/hosted.js';
import type { Bytes } from '../../transfer/store.js';
import { parseSize } from '../workspace/units.js';
import type { VerbOptions } from '../workspace/call.js';
import { expandInputs } from '../workspace/expand-inputs.js';
import type { RegistryMirror } from '../../registry/mirror/mirror.js';
import type { UpstreamOptions } from '../../registry/mirror/upstream.js';
import { RegistryArchives } from '../../registry/archives.js';
import { parseListenAddress, listen, type Listening } from './listen.js';
import { registryFolder } from '../maintain/maintain-registry.js';
import {
  accessFor,
  hostCheckFor,
  warnOfPlainPasswords,
  type AccessControl,
} from './serve-access.js';
import { parseTarget } from '../workspace/registry-address.js';
import { startUpkeep, parseUpkeep, type UpkeepOptions } from '../maintain/upkeep.js';
import { noticesOf } from '../workspace/notices.js';
import { requireOneLogin } from '../workspace/one-login.js';
import { openIn } from '../workspace/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';

/** Options for serving a registry. */
export interface ServeOptions extends VerbOptions, UpkeepOptions, AccessControl {
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** Folder of the registry's content; `.stowage/registry` of the workspace when omitted. */
  readonly root?: string | undefined;
  /** `HOST:PORT`; a free port on loopback when omitted. */
  readonly listen?: string | undefined;
  readonly readOnly?: boolean | undefined;
  /** Limit for stored content, as `50GB`; unlimited when omitted. */
  readonly maxUsed?: string | undefined;
  /**
   * Registries to fetch missing images from: `https://HOST[/PREFIX]`, or `NAME=https://HOST[/PREFIX]` for the repositories
   * `NAME/…`, which containerd asks for with `?ns=NAME`.
   */
  readonly upstream?: string | readonly string[] | undefined;
  /** Private key (PEM); give it together with `tlsCert`. */
  readonly tlsKey?: string | undefined;
  /** Called after each request. */
  readonly onAnswered?: ((answered: AnsweredRequest) => void) | undefined;
}

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
  const access = await accessFor(address.host, options);
  const checkHost = hostCheckFor(address.host, options);
  warnOfPlainPasswords(address.host, options);
  const upkeep = parseUpkeep(options);
  const { reader, storage, engine, namespaces } = await openStorage(workspace, inputs, options);
  const close = async (): Promise<void> => {
    await reader[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    await access?.[Symbol.asyncDispose]();
  };
  try {
    const metrics = await Metrics.open();
    const { onAnswered } = options;
    const { now } = workspace.surroundings;
    const handling = { reader, storage, namespaces, access, checkHost, metrics, onAnswered, now };
    const handler = registryHandler(handling);
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

interface OpenedStorage {
  readonly reader: RegistryReader;
  readonly storage?: RegistryStorage;
  /** First components of the repositories of upstreams with a name. */
  readonly namespaces?: ReadonlySet<string>;
  /** The engine of inputs that are in one. */
  readonly engine?: AsyncDisposable;
}

/** Opens the inputs read-only, or the registry's own folder if there are none. */
async function openStorage(
  workspace: Workspace,
  inputs: readonly string[],
  { root, readOnly, upstream, maxUsed, ...options }: ServeOptions,
): Promise<OpenedStorage> {
  const { cwd } = options;
  const { surroundings } = workspace;
  if (inputs.length === 0) {
    const most =
      maxUsed === undefined ? undefined : parseSize(maxUsed, wording`${option('maxUsed')}`);
    const store = new RegistryStore(registryFolder(workspace, { cwd, root }), { maxUsed: most });
    const upstreams = upstream === undefined ? [] : [upstream].flat();
    if (upstreams.length === 0)
      return readOnly ? { reader: store } : { reader: store, storage: store };
    const mirror = await mirrorOf(store, upstreams, { registry: options.registry, surroundings });
    const { namespaces } = mirror;
    return { reader: mirror, namespaces, ...(readOnly ? {} : { storage: mirror }) };
  }
  const given = { root, upstream, maxUsed };
  const other = (['root', 'upstream', 'maxUsed'] as const).find((key) => given[key] !== undefined);
  if (other !== undefined)
    throw new ImageError('USAGE', wording`${option(other)} is for a registry without inputs`, {
      hint: 'Inputs are served unchanged and read-only.',
    });
  const engine = lazyEngine(workspace, options);
  const opened: Opened[] = [];
  try {
    const locations: Location[] = [];
    for (const input of await expandInputs(inputs, cwd))
      locations.push(await parseLocation(input, { ...workspace, cwd }));
    requireOneLogin(options.registry, locations);
    for (const location of locations) {
      opened.push(await openIn(workspace, location, { ...options, engine: engine.get }));
    }
    const served = opened.map(({ source, reference, record }) => ({
      source,
      reference,
      name: record?.reference,
    }));
    const onNotice = (text: string): void => options.onEvent?.({ type: 'notice', text });
    opened.flatMap(noticesOf).forEach(onNotice);
    return { reader: await RegistryArchives.open(served, { ...options, onNotice }), engine };
  } catch (error) {
    for (const { source } of opened) await source[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Timeout for an upstream that does not answer, or sends no more of an answer (ms). */
const UPSTREAM_TIMEOUT_MS = 30_000;

async function mirrorOf(
  store: RegistryStore,
  upstreams: readonly string[],
  { registry, surroundings }: Pick<ServeOptions, 'registry'> & Pick<Workspace, 'surroundings'>,
): Promise<RegistryMirror> {
  const { openRegistry } = await import('../../distribution/open-repository.js');
  const { RegistryMirror } = await import('../../registry/mirror/mirror.js');
  const targets = upstreams.map((text) => {
    const [, name, address = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? [];
    return { name, ...parseTarget(address, option('upstream')) };
  });
  requireOneLogin(
    registry,
    targets.map((target) => target.registry),
  );
  const opened: UpstreamOptions[] = [];
  try {
    for (const { name, registry: host, prefix, plainHttp = registry?.plainHttp } of targets) {
      const limits = { timeout: UPSTREAM_TIMEOUT_MS, retries: 1, isRelay: true };
      const client = await openRegistry(host, { ...registry, plainHttp, ...limits }, surroundings);
      opened.push({ name, client, prefix: prefix === '' ? '' : `${prefix}/` });
    }
    return new RegistryMirror(store, opened);
  } catch (error) {
    for (const { client } of opened) await client[Symbol.asyncDispose]();
    throw error;
  }
}
