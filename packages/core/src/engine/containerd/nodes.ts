import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { BroadcastSink } from '../../transfer/broadcast.js';
import type { CallOptions, Sink, Source } from '../../transfer/store.js';
import type { Graph } from '../../transfer/graph/graph.js';
import { containerdIn } from './containerd.js';
import type { Engine, EngineImage, EngineSourceOptions, ImagePart } from '../engine.js';
import { option, wording } from '../../wording.js';

const run = promisify(execFile);

/** The label of the node containers, and the default name of a cluster. */
const CLUSTERS = {
  kind: { label: 'io.x-k8s.kind.cluster', cluster: 'kind' },
  k3d: { label: 'k3d.cluster', cluster: 'k3s-default' },
} as const;

/**
 * Opens all nodes of a cluster whose nodes are docker containers.
 *
 * @throws ImageError NOT_FOUND (no such cluster), UNAVAILABLE (no docker)
 */
export async function openNodes(
  kind: keyof typeof CLUSTERS,
  host: string | undefined,
  namespace: string | undefined,
): Promise<Engine> {
  const { label, cluster } = CLUSTERS[kind];
  const name = host ?? cluster;
  let names: string[];
  try {
    const filters = ['--filter', `label=${label}=${name}`];
    const { stdout } = await run('docker', [
      'ps',
      ...filters,
      '--format',
      '{{.Names}} {{.Labels}}',
    ]);
    // k3d labels its load balancers and registries, too; they are not nodes.
    const nodes = stdout.split('\n').filter((line) => !/k3d\.role=(?!server|agent)/.test(line));
    names = nodes.map((line) => line.split(' ', 1)[0] ?? '').filter((each) => each !== '');
  } catch (cause) {
    throw new ImageError('UNAVAILABLE', `${kind} ${name}: docker cannot list the nodes`, {
      hint: 'docker ps must work here: the nodes are docker containers.',
      cause,
    });
  }
  if (names.length > 0)
    return new Nodes(
      `${kind}:${name}`,
      names.sort().map((each) => containerdIn(each, namespace)),
    );
  throw new ImageError('NOT_FOUND', `${kind} ${name}: no node is running`, {
    hint: wording`Name the cluster with ${option('host')}; ${kind} get clusters lists them.`,
  });
}

/** The nodes of a cluster as one engine: every image is written to all of them. */
export class Nodes implements Engine {
  readonly kind = 'containerd';
  readonly location: string;
  readonly #first: Engine;
  readonly #all: readonly Engine[];

  constructor(location: string, all: readonly Engine[]) {
    const [first] = all;
    if (!first) throw new TypeError('expected at least one node');
    this.location = location;
    this.#first = first;
    this.#all = all;
  }

  takesZstd(options?: CallOptions) {
    return this.#first.takesZstd(options);
  }

  platform(options?: CallOptions) {
    return this.#first.platform(options);
  }

  /** An image that all nodes have, with the references that all nodes have. */
  async inspect(image: string, options?: CallOptions): Promise<EngineImage | undefined> {
    const found = await Promise.all(this.#all.map((node) => node.inspect(image, options)));
    const [first] = found;
    if (!first || !found.every((each) => each?.id === first.id)) return undefined;
    const references = first.references.filter((name) =>
      found.every((each) => each?.references.includes(name)),
    );
    const withoutDigest = found.flatMap((each) => each?.withoutDigest ?? []);
    return { ...first, references, ...(withoutDigest.length > 0 ? { withoutDigest } : {}) };
  }

  async list(options?: CallOptions): Promise<readonly EngineImage[]> {
    const images = new Map<Digest, EngineImage>();
    for (const node of this.#all)
      for (const image of await node.list(options)) {
        const pinnedBy = image.pinnedBy ?? images.get(image.id)?.pinnedBy;
        images.set(image.id, { ...image, ...(pinnedBy === undefined ? {} : { pinnedBy }) });
      }
    return [...images.values()];
  }

  async dataFolder(): Promise<undefined> {
    return undefined;
  }

  async inUse(options?: CallOptions): Promise<ReadonlySet<Digest>> {
    const used = await Promise.all(this.#all.map((node) => node.inUse(options)));
    return new Set(used.flatMap((each) => [...each]));
  }

  contents(options?: CallOptions): Promise<ReadonlyMap<Digest, readonly ImagePart[]>> {
    return this.#first.contents(options);
  }

  async holds(graph: Graph, options?: CallOptions): Promise<ReadonlySet<Digest>> {
    const [first = new Set<Digest>(), ...others] = await Promise.all(
      this.#all.map((node) => node.holds(graph, options)),
    );
    return new Set([...first].filter((digest) => others.every((each) => each.has(digest))));
  }

  async tag(image: string, reference: string, options?: CallOptions): Promise<void> {
    for (const node of this.#all) await node.tag(image, reference, options);
  }

  /** Removes it from the nodes that have it: `list` also names images that only some nodes have. */
  async remove(reference: string, options?: CallOptions): Promise<void> {
    let missing = 0;
    for (const node of this.#all)
      try {
        await node.remove(reference, options);
      } catch (error) {
        if (!(error instanceof ImageError && error.code === 'NOT_FOUND')) throw error;
        if (++missing === this.#all.length) throw error;
      }
  }

  source(reference: string, options: EngineSourceOptions): Promise<Source> {
    return this.#first.source(reference, options);
  }

  sink(options?: Parameters<Engine['sink']>[0]): Sink {
    return new BroadcastSink(
      this.location,
      this.#all.map((node) => node.sink(options)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#all) await node[Symbol.asyncDispose]();
  }
}
