import { ImageError } from '../../errors.js';
import { isRepository } from '../../oci/reference.js';
import { parseLocation, type Location } from '../../location.js';
import type { Opened } from '../../open.js';
import { RegistryArchives } from '../../registry/archives.js';
import type { RegistryReader, RegistryStorage } from '../../registry/hosted.js';
import type { RegistryMirror } from '../../registry/mirror/mirror.js';
import type { UpstreamOptions } from '../../registry/mirror/upstream.js';
import { checkWritable } from '../../registry/storage/check-writable.js';
import type { Quotas, RegistryFolderOptions } from '../../registry/storage/quota/quotas.js';
import { RegistryStore } from '../../registry/storage/registry-store.js';
import { storageFacts } from '../../registry/storage/storage-facts.js';
import type { StorageFacts } from '../../registry/metrics.js';
import { bring } from '../build/bring.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import { noticesOf } from '../workspace/notices.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { parseTarget } from '../workspace/inputs/registry-address.js';
import { parseSize } from '../workspace/units.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import {
  refuseForeignLayout,
  registryFolder,
  requireWritable,
} from '../maintain/registry-folder.js';
import { option, wording } from '../../wording.js';
import type { ServeOptions } from './serve-options.js';

/** The content that a registry serves, and where it writes. */
export interface Served {
  readonly reader: RegistryReader;
  readonly storage?: RegistryStorage;
  /** Throws when the storage cannot be written, or is full. */
  readonly check?: () => Promise<void>;
  /** Measures the storage for metrics. */
  readonly facts?: () => Promise<StorageFacts>;
  /** The limits of the storage. */
  readonly quotas?: Quotas;
  /** First components of the repositories of upstreams with a name. */
  readonly namespaces?: ReadonlySet<string>;
  /** The engine of inputs that are in one. */
  readonly engine?: AsyncDisposable;
}

/** Opens the inputs read-only, or the registry's own folder if there are none. */
export async function openServed(
  workspace: Workspace,
  inputs: readonly string[],
  { root, readOnly, upstream, maxUsed, ...options }: ServeOptions,
): Promise<Served> {
  const { cwd } = options;
  if (inputs.length === 0)
    return openOwn(workspace, { root, readOnly, upstream, maxUsed, ...options });
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
      await bring(workspace, location, options);
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

/** Opens the registry's own folder, with its upstreams. */
async function openOwn(
  workspace: Workspace,
  { cwd, root, readOnly, upstream, maxUsed, onEvent, registry }: ServeOptions,
): Promise<Served> {
  const folder = registryFolder(workspace, { cwd, root });
  const limits = parseLimits(maxUsed);
  await refuseForeignLayout(folder);
  if (!readOnly) await requireWritable(folder, onEvent);
  const store = new RegistryStore(folder, limits);
  const check = async (): Promise<void> => {
    await store.quotas.whole.admit();
    await checkWritable(folder);
  };
  const facts = () => storageFacts(folder, store.quotas);
  const { quotas } = store;
  const upstreams = upstream === undefined ? [] : [upstream].flat();
  const { surroundings } = workspace;
  if (upstreams.length === 0)
    return readOnly
      ? { reader: store, facts }
      : { reader: store, storage: store, check, facts, quotas };
  const mirror = await mirrorOf(store, upstreams, { registry, surroundings });
  const { namespaces } = mirror;
  return {
    reader: mirror,
    namespaces,
    facts,
    ...(readOnly ? {} : { storage: mirror, check, quotas }),
  };
}

/** Parses `SIZE` and `PATH=SIZE`. @throws ImageError USAGE */
export function parseLimits(given: ServeOptions['maxUsed']): RegistryFolderOptions {
  const texts = given === undefined ? [] : [given].flat();
  const rule = wording`${option('maxUsed')}`;
  let maxUsed: number | undefined;
  const maxUsedBelow: Record<string, number> = {};
  for (const text of texts) {
    const [, path, size = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? [];
    if (path === undefined) maxUsed = parseSize(size, rule);
    else if (isRepository(path)) maxUsedBelow[path] = parseSize(size, rule);
    else
      throw new ImageError(
        'USAGE',
        wording`${rule}: ${JSON.stringify(path)} is not the path of repositories, as team-a in team-a=20GB`,
      );
  }
  return { maxUsed, maxUsedBelow };
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
