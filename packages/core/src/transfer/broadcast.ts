import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { CallOptions, Open, Sink } from './store.js';
import type { Graph } from './graph/graph.js';

/** Writes to several sinks. A blob that one of them wants is written to all. */
export class BroadcastSink implements Sink {
  readonly location: string;
  readonly #sinks: readonly Sink[];

  constructor(location: string, sinks: readonly Sink[]) {
    this.location = location;
    this.#sinks = sinks;
  }

  async begin(graph: Graph, options?: CallOptions): Promise<ReadonlySet<Digest>> {
    const wanted = await Promise.all(this.#sinks.map((sink) => sink.begin(graph, options)));
    return new Set(wanted.flatMap((each) => [...each]));
  }

  async write(descriptor: Descriptor, open: Open, options?: CallOptions): Promise<void> {
    for (const sink of this.#sinks) await sink.write(descriptor, open, options);
  }

  async tag(descriptor: Descriptor, reference: string, options?: CallOptions): Promise<void> {
    for (const sink of this.#sinks) await sink.tag(descriptor, reference, options);
  }

  async commit(options?: CallOptions): Promise<void> {
    for (const sink of this.#sinks) await sink.commit(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sink of this.#sinks) await sink[Symbol.asyncDispose]();
  }
}
