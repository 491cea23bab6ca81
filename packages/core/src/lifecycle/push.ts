import { spoolFolder } from '../catalog/file.js';
import { convertImage } from '../convert/convert-image.js';
import type { RegistryClient } from '../distribution/client.js';
import type { Repository } from '../distribution/repository.js';
import type { Engine } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import { isPlainLayerType } from '../oci/media-types.js';
import { parseReference } from '../oci/reference.js';
import { noteUse, type Opened } from '../open.js';
import { copyGraph } from '../transfer/copy.js';
import type { Bytes, Source } from '../transfer/store.js';
import { imagesOf, walk, type Graph } from '../transfer/walk.js';
import type { VerbOptions } from './call.js';
import {
  expanded,
  itemsOf,
  requireOnePerName,
  type PushItem,
  type PushNaming,
} from './push-items.js';
import { parseTarget } from './push-target.js';
import { openEngine, openIn, type Workspace } from './workspace.js';

export interface PushOptions extends VerbOptions, PushNaming {
  readonly cwd: string;
  readonly stdin: () => Bytes;
  /** `[http(s)://]HOST[:PORT][/PREFIX]`. */
  readonly to: string;
  /** What names that are only tags are tags of. */
  readonly repository?: string | undefined;
  /** What to do about a tag that is something else there; `overwrite` when omitted. */
  readonly onExistingTag?: 'overwrite' | 'skip' | 'error' | undefined;
  /** Of layers; `auto`, when omitted, packs (gzip) those of a docker-archive, and leaves what has a digest to keep. */
  readonly compress?: 'auto' | 'none' | 'gzip' | 'zstd' | undefined;
}

export interface PushResult {
  readonly input: string;
  /** What the image is called where it came from; null where nothing names it. */
  readonly source: string | null;
  /** What it is called there. */
  readonly reference: string;
  /** There; of what is packed on the way it is known when it was. */
  readonly digest: Digest;
  readonly action: 'pushed' | 'skipped';
  readonly blobs: { readonly sent: number; readonly mounted: number; readonly existing: number };
  readonly bytesSent: number;
}

/**
 * Pushes images to a registry. All inputs are opened, named and checked in their structure before the first
 * connection; content is verified while it streams, and an image that fails gets no manifest and no tag.
 *
 * @throws ImageError USAGE, NOT_FOUND, INVALID, CORRUPT, INCOMPLETE; CONFLICT (`onExistingTag: 'error'`); of the registry
 */
export async function push(
  workspace: Workspace,
  inputs: readonly string[],
  options: PushOptions,
): Promise<PushResult[]> {
  const target = parseTarget(options.to);
  let engine: Engine | undefined;
  const theEngine = async (): Promise<Engine> => (engine ??= await openEngine(workspace, options));
  const opened: Opened[] = [];
  try {
    const items: PushItem[] = [];
    for (const input of await expanded(inputs, options.cwd)) {
      const at = await openIn(workspace, input, { ...options, engine: theEngine });
      opened.push(at);
      for (const text of at.notices) options.onEvent?.({ type: 'notice', text });
      items.push(...(await itemsOf(input, at, target, options)));
    }
    requireOnePerName(items, options);
    if (options.dryRun)
      return items.map((item) => resultOf(item, item.graph.root.digest, { action: 'pushed' }));
    const { openRegistry } = await import('../distribution/open-repository.js');
    const plainHttp = target.plainHttp ?? options.registry?.plainHttp;
    await using client = await openRegistry(target.registry, { ...options.registry, plainHttp });
    const results = await pushAll(workspace, client, items, options);
    for (const at of opened) await noteUse(at, workspace.place, new Date());
    return results;
  } finally {
    for (const { source } of opened) await source[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  }
}

async function pushAll(
  workspace: Workspace,
  client: RegistryClient,
  items: readonly PushItem[],
  options: PushOptions,
): Promise<PushResult[]> {
  const { Repository } = await import('../distribution/repository.js');
  const repositories = [
    ...new Set(items.map(({ reference }) => parseReference(reference).repository)),
  ];
  const results: PushResult[] = [];
  for (const item of items) {
    const { registry, repository } = parseReference(item.reference);
    // What an image before this one brought is taken from there.
    const before = repositories.slice(0, repositories.indexOf(repository));
    await using sink = new Repository(client, { registry, repository }, { mountFrom: before });
    try {
      results.push(await pushOne(workspace, item, sink, options));
    } catch (error) {
      if (!(error instanceof ImageError) || results.length === 0) throw error;
      const landed = results.map(({ reference, digest }) => `${reference}@${digest}`).join(', ');
      const { code, message, location, hint = '' } = error;
      throw new ImageError(code, message, {
        ...(location === undefined ? {} : { location }),
        hint: `${hint}${hint === '' ? '' : ' '}These landed: ${landed}.`,
        cause: error,
      });
    }
  }
  return results;
}

async function pushOne(
  { place }: Workspace,
  item: PushItem,
  sink: Repository,
  options: PushOptions,
): Promise<PushResult> {
  const { at, image, reference, referrers } = item;
  const { tag } = parseReference(reference);
  await using prepared = await packed(item, spoolFolder(place), options);
  const { source, graph } = prepared;
  const there = tag === undefined ? undefined : await sink.find(tag, options);
  const isThere = there?.digest === graph.root.digest;
  if (there && !isThere && options.onExistingTag === 'error')
    throw new ImageError(
      'CONFLICT',
      `${reference}: expected no such tag yet, got ${there.digest}`,
      {
        location: reference,
        hint: 'Write over it with --on-existing-tag overwrite, or leave it with skip.',
      },
    );
  if (there && (isThere || options.onExistingTag === 'skip'))
    return resultOf(item, there.digest, { action: 'skipped' });
  options.onEvent?.({ type: 'step', subject: reference, text: 'pushing' });
  let bytesSent = 0;
  const counted: VerbOptions['onEvent'] = (event) => {
    if (event.type === 'progress') bytesSent += event.bytes;
    options.onEvent?.(event);
  };
  await copyGraph(source, graph, sink, { signal: options.signal, onEvent: counted });
  if (graph.root.digest === image.descriptor.digest)
    for (const each of referrers)
      await copyGraph(at.source, each, sink, { signal: options.signal, onEvent: counted });
  if (tag !== undefined) await sink.tag(graph.root, reference);
  await sink.commit(options);
  return resultOf(item, graph.root.digest, {
    action: 'pushed',
    blobs: { ...sink.blobs },
    bytesSent,
  });
}

/** The image as it will be there: layers without a compression of their own are packed where that costs no digest. */
async function packed(
  { at, image, graph }: PushItem,
  folder: string,
  options: PushOptions,
): Promise<AsyncDisposable & { readonly source: Source; readonly graph: Graph }> {
  const { compress = 'auto', signal } = options;
  const isPlain = imagesOf(graph).some(({ layers }) =>
    layers.some(({ mediaType }) => isPlainLayerType(mediaType)),
  );
  const isComposed = at.source.location.startsWith('docker-archive:') || at.kind === 'engine';
  const wanted = compress === 'auto' ? (isComposed && isPlain ? 'gzip' : undefined) : compress;
  if (wanted === undefined)
    return { source: at.source, graph, [Symbol.asyncDispose]: () => Promise.resolve() };
  const converted = await convertImage(at.source, image, {
    compress: wanted,
    spoolFolder: folder,
    signal,
    onNotice: (text) => options.onEvent?.({ type: 'notice', text }),
  });
  return {
    source: converted.source,
    graph: await walk(converted.source, converted.to, options),
    [Symbol.asyncDispose]: () => converted[Symbol.asyncDispose](),
  };
}

function resultOf(
  { input, image, reference }: PushItem,
  digest: Digest,
  done: Pick<PushResult, 'action'> & Partial<PushResult>,
): PushResult {
  const none = { sent: 0, mounted: 0, existing: 0 };
  const source = image.reference ?? null;
  return { input, source, reference, digest, blobs: none, bytesSent: 0, ...done };
}
