import { openPipedArchive } from '../../archive/open-archive.js';
import { statIfExists } from '../../disk/allocated.js';
import { ImageError } from '../../errors.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { canonicalReference } from '../../oci/reference.js';
import type { CallOptions, Sink, Source } from '../../transfer/store.js';
import type { Graph } from '../../transfer/graph/graph.js';
import { Ctr } from './ctr.js';
import { exportImage, importImages, type ExportOptions } from './ctr-archives.js';
import { contentOf, ignoreAbsent, partsOf, snapshotSizes } from './ctr-contents.js';
import { withPresentPlatforms } from '../present-platforms.js';
import type { Engine, EngineImage, EngineSourceOptions, ImagePart } from '../engine.js';
import {
  describeNames,
  digestOf,
  digestReference,
  digestsInUse,
  giveName,
  isByDigest,
  listNames,
  type Named,
} from './names.js';
import { NamedWriter } from './named-writer.js';

const DEFAULT_ADDRESS = '/run/containerd/containerd.sock';
const DEFAULT_NAMESPACE = 'k8s.io';

/** containerd on this machine. @throws ImageError UNAVAILABLE (no socket) */
export async function containerdAt(
  address = DEFAULT_ADDRESS,
  namespace = DEFAULT_NAMESPACE,
): Promise<ContainerdEngine> {
  const socket = address.replace(/^unix:\/\//, '');
  // `ctr` waits long for a socket that does not exist.
  if (!(await statIfExists(socket)))
    throw new ImageError('UNAVAILABLE', `containerd: no socket at ${socket}`);
  return new ContainerdEngine(
    new Ctr(`containerd:${socket}/${namespace}`, [
      'ctr',
      '--address',
      socket,
      '--namespace',
      namespace,
    ]),
  );
}

/** containerd inside a docker container: a node of kind or k3d. */
export function containerdIn(container: string, namespace = DEFAULT_NAMESPACE): ContainerdEngine {
  return new ContainerdEngine(
    new Ctr(`containerd:${container}/${namespace}`, [
      'docker',
      'exec',
      '-i',
      container,
      'ctr',
      '--namespace',
      namespace,
    ]),
  );
}

/**
 * containerd, through `ctr`. An image of containerd is a name for a manifest or index. Each image gets a name with its
 * tag and one with its digest, so that a kubelet finds either.
 */
export class ContainerdEngine implements Engine {
  readonly kind = 'containerd';
  readonly location: string;
  readonly #ctr: Ctr;

  constructor(ctr: Ctr) {
    this.location = ctr.location;
    this.#ctr = ctr;
  }

  async ping(timeout: number): Promise<void> {
    await this.#ctr.text(['version'], { timeout });
  }

  /** `ctr version` prints its own version first, then that of the server. */
  async version(options?: CallOptions): Promise<string> {
    const said = await this.#ctr.text(['version'], options);
    return /Server:\s+Version:\s+v?(\S+)/.exec(said)?.[1] ?? 'unknown version';
  }

  async takesZstd(): Promise<boolean> {
    return true;
  }

  /** Undefined: containerd keeps whole indexes. */
  async platform(): Promise<undefined> {
    return undefined;
  }

  async inspect(image: string, options?: CallOptions): Promise<EngineImage | undefined> {
    const names = await this.#names(options);
    const digest = digestOf(image, names);
    return names.some((each) => each.digest === digest) && digest !== undefined
      ? this.#describe(digest, names, options)
      : undefined;
  }

  async list(options?: CallOptions): Promise<readonly EngineImage[]> {
    const names = await this.#names(options);
    const digests = [...new Set(names.map(({ digest }) => digest))];
    const images: EngineImage[] = [];
    for (const digest of digests) images.push(await this.#describe(digest, names, options));
    return images;
  }

  /** Undefined: the folder of containerd holds more than images. */
  async dataFolder(): Promise<undefined> {
    return undefined;
  }

  async inUse(options?: CallOptions): Promise<ReadonlySet<Digest>> {
    const names = await this.#names(options);
    const lines = (await this.#ctr.text(['containers', 'list'], options)).split('\n').slice(1);
    const images = lines.map((line) => line.split(/\s+/)[1] ?? '');
    return digestsInUse(images, names);
  }

  async contents(options?: CallOptions): Promise<ReadonlyMap<Digest, readonly ImagePart[]>> {
    const roots = new Map((await this.#names(options)).map((each) => [each.digest, each]));
    const snapshots = await snapshotSizes(this.#ctr, options);
    const all = new Map<Digest, readonly ImagePart[]>();
    for (const root of roots.values())
      all.set(root.digest, partsOf(await contentOf(this.#ctr, root, options), snapshots));
    return all;
  }

  async holds(
    { nodes, missing, documents }: Graph,
    options?: CallOptions,
  ): Promise<ReadonlySet<Digest>> {
    const here = new Set(
      (await this.#ctr.text(['content', 'list', '--quiet'], options)).split(/\s+/),
    );
    const blobs = [...nodes, ...missing].filter(({ digest }) => !documents.has(digest));
    return new Set(blobs.flatMap(({ digest }) => (here.has(digest) ? [digest] : [])));
  }

  async tag(image: string, reference: string, options?: CallOptions): Promise<void> {
    const names = await this.#names(options);
    const digest = digestOf(image, names);
    const from = names.find((each) => each.digest === digest);
    if (!from) throw this.#notFound(image);
    for (const to of [canonicalReference(reference), digestReference(reference, from.digest)])
      await giveName(this.#ctr, { from, to, names }, options);
  }

  async remove(reference: string, options?: CallOptions): Promise<void> {
    const names = await this.#names(options);
    const digest = digestOf(reference, names);
    const named = names.filter(
      ({ name }) => !isDigest(reference) && name === canonicalReference(reference),
    );
    const removed = isDigest(reference) ? names.filter((each) => each.digest === digest) : named;
    if (removed.length === 0 || digest === undefined) throw this.#notFound(reference);
    const left = names.filter((each) => each.digest === digest && !removed.includes(each));
    // Removing the last tag also removes the names by digest.
    const isLast = left.every(({ name }) => isByDigest(name));
    const all = [...removed, ...(isLast ? left : [])].map(({ name }) => name);
    await this.#ctr.text(['images', 'remove', '--sync', ...all], options);
  }

  async source(
    reference: string,
    { spoolFolder, signal, platforms = [], onNotice }: EngineSourceOptions,
  ): Promise<Source> {
    const names = await this.#names({ signal });
    const digest = digestOf(reference, names);
    const found = names.find((each) => each.digest === digest);
    if (!found) throw this.#notFound(reference);
    const { name } = names.find((each) => each.name === reference) ?? found;
    const open = (exported: ExportOptions['platform']) => {
      const archive = exportImage(this.#ctr, name, { platform: exported, signal });
      return openPipedArchive(`${this.location}/${reference}`, archive, { spoolFolder, signal });
    };
    const only = platforms !== 'all' && platforms.length === 1 ? platforms[0] : undefined;
    // Content of other platforms may be absent.
    const { source } = await open(only ?? 'all').catch((error: unknown) => {
      ignoreAbsent(error);
      return open('own');
    });
    return withPresentPlatforms(source, {
      platforms,
      own: () => this.platform(),
      onNotice,
      signal,
    });
  }

  sink(): Sink {
    const sink = new NamedWriter(this.location, async (archive, options) => {
      const { names, isWhole } = sink;
      try {
        await importImages(this.#ctr, { bytes: archive, isWhole }, options);
      } catch (error) {
        await this.#unname(names);
        throw error;
      }
      const all = await this.#names(options);
      for (const from of all.filter(({ name, digest }) => names.get(name) === digest)) {
        const to = digestReference(from.name, from.digest);
        await giveName(this.#ctr, { from, to, names: all }, options);
      }
    });
    return sink;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing to close: every command is a process of its own.
  }

  #names(options?: CallOptions): Promise<Named[]> {
    return listNames(this.#ctr, options);
  }

  async #describe(
    id: Digest,
    names: readonly Named[],
    options: CallOptions | undefined,
  ): Promise<EngineImage> {
    const root = names.find(({ digest }) => digest === id);
    if (!root) throw this.#notFound(id);
    const { blobs } = await contentOf(this.#ctr, root, options);
    return {
      id,
      ...describeNames(id, names),
      size: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0),
    };
  }

  /** Removes names of an image that could not be unpacked: `ctr` adds them before it unpacks. */
  async #unname(added: ReadonlyMap<string, Digest>): Promise<void> {
    const names = (await this.#names()).filter(({ name, digest }) => added.get(name) === digest);
    for (const { name } of names) await this.remove(name);
  }

  #notFound(image: string): ImageError {
    return new ImageError('NOT_FOUND', `${this.location}: no image ${image}`, {
      location: this.location,
    });
  }
}
