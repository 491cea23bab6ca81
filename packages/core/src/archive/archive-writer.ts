import { ImageError } from '../errors.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import {
  blobPath,
  formatLayoutIndex,
  INDEX_FILE,
  LAYOUT_CONTENT,
  LAYOUT_FILE,
  type NamedDescriptor,
} from '../oci/layout.js';
import {
  canonicalReference,
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
} from '../oci/reference.js';
import type { CallOptions, Open, Sink } from '../transfer/store.js';
import { imagesOf } from '../transfer/graph/graph.js';
import type { Graph } from '../transfer/graph/graph.js';
import { DOCKER_MANIFEST } from './docker-archive.js';
import { PlacedTar, type ArchiveContent, type PlacedMember } from './tar/placed-tar.js';

/** Opens a blob, perhaps from elsewhere than `open` does; verified as `open` does. */
export type OpenBlob = (descriptor: Descriptor, open: Open) => Open;

/** Options of an {@link ArchiveWriter}. */
export interface ArchiveWriterOptions {
  /** Opens each blob when it is read, at commit; as the source does when omitted. */
  readonly open?: OpenBlob | undefined;
  /** Writes the names of Docker Hub's images in full in `manifest.json`, not as docker does (`app:1`). */
  readonly fullNames?: boolean | undefined;
}

/** Receives the whole archive, as one stream or to be written into a file; resolves when it is stored durably. */
export type Deliver = (archive: ArchiveContent, options: CallOptions) => Promise<unknown>;

/**
 * Writes one tar that is an OCI layout and a docker-archive at once, so that every engine takes it.
 *
 * Content is streamed only at commit, in canonical order (images by name, then manifests and configs, then layers in
 * graph order): equal images give equal bytes whatever the order of the calls, and no temporary file is needed. Keep
 * the sources open until then.
 *
 * @example
 * await using sink = new ArchiveWriter('app.tar', (archive) => writeAtomically('app.tar', archive.fill()));
 * await copy(source, 'app:1', sink);
 * await sink.commit();
 */
export class ArchiveWriter implements Sink {
  readonly location: string;
  readonly #deliver: Deliver;
  readonly #graphs = new Map<Digest, Graph>();
  readonly #opens = new Map<Digest, { readonly descriptor: Descriptor; readonly open: Open }>();
  readonly #names = new Map<string, Digest>();
  readonly #open: OpenBlob;
  readonly #nameOf: (reference: Reference) => string;

  /**
   * @param location shown in messages.
   * @param deliver takes the archive at commit, for example into a file with {@link writeAtomically}.
   */
  constructor(
    location: string,
    deliver: Deliver,
    { open = (_, given) => given, fullNames = false }: ArchiveWriterOptions = {},
  ) {
    this.location = location;
    this.#deliver = deliver;
    this.#open = open;
    this.#nameOf = fullNames ? formatReference : familiarReference;
  }

  async begin(graph: Graph): Promise<ReadonlySet<Digest>> {
    this.#graphs.set(graph.root.digest, graph);
    return new Set(
      graph.nodes.map((node) => node.digest).filter((digest) => !this.#opens.has(digest)),
    );
  }

  async write(descriptor: Descriptor, open: Open): Promise<void> {
    if (!this.#opens.has(descriptor.digest))
      this.#opens.set(descriptor.digest, { descriptor, open });
  }

  async tag(descriptor: Descriptor, reference: string): Promise<void> {
    if (!this.#graphs.has(descriptor.digest)) {
      throw new ImageError(
        'NOT_FOUND',
        `${this.location}: no image ${descriptor.digest}; an image is written before it is tagged`,
      );
    }
    this.#names.set(canonicalReference(reference), descriptor.digest);
  }

  async commit(options: CallOptions = {}): Promise<void> {
    await this.#deliver(new PlacedTar(this.#members()), options);
  }

  /** Drops images that were not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#opens.clear();
  }

  *#members(): Iterable<PlacedMember> {
    const images = this.#images();
    yield member(LAYOUT_FILE, LAYOUT_CONTENT);
    yield member(
      INDEX_FILE,
      formatLayoutIndex(
        images.map(({ graph, reference }) => namedDescriptor(graph.root, reference)),
      ),
    );
    yield member(DOCKER_MANIFEST, formatDockerManifest(images, this.#nameOf));
    const nodes = new Map(
      images.flatMap(({ graph }) =>
        graph.nodes.map((node) => [node.digest, graph.documents.has(node.digest)] as const),
      ),
    );
    for (const documents of [true, false]) {
      for (const [digest, isDocument] of nodes) {
        const written = this.#opens.get(digest);
        if (isDocument !== documents || !written) continue;
        const { descriptor, open } = written;
        const opened = () => this.#open(descriptor, open);
        yield {
          name: blobPath(digest),
          size: descriptor.size,
          open: () => opened()(),
          moveTo: async (...to) => (await opened().moveTo?.(...to)) ?? false,
          lent: open.lent && (() => (opened().lent ?? opened())()),
        };
      }
    }
  }

  /** Each name with its image, sorted; images without a name after them, by digest. */
  #images(): Image[] {
    const images = [...this.#names].sort(byFirst).flatMap(([reference, digest]) => {
      const graph = this.#graphs.get(digest);
      return graph ? [{ graph, reference }] : [];
    });
    const named = new Set(this.#names.values());
    const unnamed = [...this.#graphs].filter(([digest]) => !named.has(digest)).sort(byFirst);
    return [...images, ...unnamed.map(([, graph]) => ({ graph }))];
  }
}

interface Image {
  readonly graph: Graph;
  readonly reference?: string;
}

function namedDescriptor(descriptor: Descriptor, reference: string | undefined): NamedDescriptor {
  return reference === undefined ? { descriptor } : { descriptor, reference };
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function member(name: string, bytes: Uint8Array): PlacedMember {
  return { name, size: bytes.byteLength, open: () => [bytes] };
}

/**
 * `manifest.json`: one entry for each image with all its tags. An index is represented by its linux/amd64 or else its
 * first image.
 */
function formatDockerManifest(
  images: readonly Image[],
  nameOf: (reference: Reference) => string,
): Uint8Array {
  const entries = new Map<
    Digest,
    { readonly Config: string; RepoTags: string[] | null; readonly Layers: string[] }
  >();
  for (const { graph, reference } of images) {
    const runnable = imagesOf(graph);
    const image =
      runnable.find(
        ({ config: { platform } }) => platform.os === 'linux' && platform.architecture === 'amd64',
      ) ?? runnable[0];
    if (!image) continue;
    const entry = entries.get(image.descriptor.digest) ?? {
      Config: blobPath(image.configDescriptor.digest),
      RepoTags: null,
      Layers: image.layers.map((layer) => blobPath(layer.digest)),
    };
    entries.set(image.descriptor.digest, entry);
    for (const tag of reference === undefined ? [] : repoTags(reference, nameOf))
      (entry.RepoTags ??= []).push(tag);
  }
  return Buffer.from(JSON.stringify([...entries.values()]));
}

/** `RepoTags` cannot contain digests, so the digest of a reference is dropped. */
function repoTags(reference: string, nameOf: (reference: Reference) => string): string[] {
  const { registry, repository, tag } = parseReference(reference);
  return tag === undefined ? [] : [nameOf({ registry, repository, tag })];
}
