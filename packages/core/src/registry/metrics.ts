import type * as Prom from 'prom-client';

/** The properties of an answered request that metrics record. */
export interface CountedAnswer {
  readonly method: string;
  /** The kind of endpoint. */
  readonly route: string;
  /** The repository that it is about, if it is about one. */
  readonly repository?: string | undefined;
  readonly status: number;
  readonly milliseconds: number;
}

/** The state of a registry's storage, measured when metrics are asked for. */
export interface StorageFacts {
  /** Disk space of its folder, and its limit if it has one, in bytes. */
  readonly usedBytes: number;
  readonly limitBytes?: number | undefined;
  /** Free space of its file system, in bytes. */
  readonly freeBytes: number;
  /** Content below paths that have limits, in bytes. */
  readonly paths: readonly {
    readonly path: string;
    readonly usedBytes: number;
    readonly limitBytes: number;
  }[];
  /** Uploads that are neither finished nor cancelled. */
  readonly uploads: number;
  /** Blobs in quarantine. */
  readonly damagedBlobs: number;
  /** Ends of the last collection of garbage and of the last scrub, in milliseconds since 1970; undefined before the first. */
  readonly collectedAt?: number | undefined;
  readonly scrubbedAt?: number | undefined;
}

/** Options of {@link Metrics.open}. */
export interface MetricsOptions {
  /** Returns {@link Metrics.values} of the other processes of the registry, which are added; none when omitted. */
  readonly others?: (() => Promise<readonly MetricsValues[]>) | undefined;
  /** Measures the storage; no metrics of it when omitted. */
  readonly storage?: (() => Promise<StorageFacts>) | undefined;
}

/** The metrics of one process, as JSON. */
export type MetricsValues = readonly object[];

/** Metrics as a response body. */
export interface MetricsText {
  /** Content type of the body. */
  readonly type: string;
  readonly body: string;
}

/** Repositories with counters of their own; those beyond are counted together. */
const MAX_REPOSITORIES = 1_000;
/** Not a valid name of a repository. */
const OTHERS = '(others)';

/** Prometheus metrics of a served registry and of its process. */
export class Metrics {
  readonly #own: Prom.Registry;
  readonly #note: (answered: CountedAnswer) => void;
  readonly #all: () => Promise<Prom.Registry>;

  private constructor(
    own: Prom.Registry,
    note: (answered: CountedAnswer) => void,
    all: () => Promise<Prom.Registry>,
  ) {
    this.#own = own;
    this.#note = note;
    this.#all = all;
  }

  /** Creates the metrics, all zero. */
  static async open({ storage, others }: MetricsOptions = {}): Promise<Metrics> {
    const prometheus = await import('prom-client');
    const own = new prometheus.Registry();
    prometheus.collectDefaultMetrics({ register: own });
    const note = requestMetrics(prometheus, own);
    // Apart: all processes share the storage, so it is measured by the one that is asked.
    const stored = new prometheus.Registry();
    const set = storage && storageMetrics(prometheus, stored);
    return new Metrics(own, note, async () => {
      if (storage && set) set(await storage());
      if (!others) return prometheus.Registry.merge([own, stored]);
      return sumOf(prometheus, [await valuesOf(own), await valuesOf(stored), ...(await others())]);
    });
  }

  /** Records an answered request. */
  note(answered: CountedAnswer): void {
    this.#note(answered);
  }

  /** The metrics of this process, without those of the storage. */
  values(): Promise<MetricsValues> {
    return valuesOf(this.#own);
  }

  /** Returns the metrics in the Prometheus text format. */
  async text(): Promise<MetricsText> {
    const all = await this.#all();
    return { type: all.contentType, body: await all.metrics() };
  }
}

/** The counts of processes that have ended: what is added up must not become less. */
export async function countsOf(all: readonly MetricsValues[]): Promise<MetricsValues> {
  const counts = all.map((values) =>
    values.filter((each) =>
      ['counter', 'histogram'].includes((each as Prom.MetricObject).type as unknown as string),
    ),
  );
  return valuesOf(sumOf(await import('prom-client'), counts));
}

function sumOf({ AggregatorRegistry }: Prometheus, all: readonly MetricsValues[]): Prom.Registry {
  return AggregatorRegistry.aggregate(all as object[]);
}

async function valuesOf(registry: Prom.Registry): Promise<MetricsValues> {
  return registry.getMetricsAsJSON();
}

type Prometheus = typeof Prom;

function requestMetrics(
  { Counter, Histogram }: Prometheus,
  registry: Prom.Registry,
): (answered: CountedAnswer) => void {
  const registers = [registry];
  const requests = new Counter({
    name: 'stowage_registry_requests_total',
    help: 'Number of answered requests.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'stowage_registry_request_duration_seconds',
    help: 'Time from the request to the end of the response, in seconds.',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const byRepository = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['repository'], registers });
  const pulls = byRepository('stowage_registry_pulls_total', 'Number of manifests sent.');
  const pushes = byRepository('stowage_registry_pushes_total', 'Number of manifests stored.');
  const known = new Set<string>();
  return ({ method, route, repository, status, milliseconds }) => {
    requests.inc({ method, route, status });
    seconds.observe({ method, route }, milliseconds / 1000);
    if (route !== 'manifest' || repository === undefined) return;
    const counter =
      status === 200 && method === 'GET' ? pulls : status === 201 ? pushes : undefined;
    if (!counter) return;
    if (known.size < MAX_REPOSITORIES) known.add(repository);
    counter.inc({ repository: known.has(repository) ? repository : OTHERS });
  };
}

function storageMetrics(
  { Gauge }: Prometheus,
  registry: Prom.Registry,
): (facts: StorageFacts) => void {
  const gauge = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ) => new Gauge({ name: `stowage_registry_${name}`, help, labelNames, registers: [registry] });
  const used = gauge('used_bytes', 'Disk space of the folder, in bytes.');
  const limit = gauge(
    'limit_bytes',
    'Limit of the disk space of the folder, in bytes; 0 without one.',
  );
  const free = gauge('free_bytes', 'Free space of the file system, in bytes.');
  const pathUsed = gauge('path_used_bytes', 'Content below a path with a limit, in bytes.', [
    'path',
  ]);
  const pathLimit = gauge('path_limit_bytes', 'Limit of the content below a path, in bytes.', [
    'path',
  ]);
  const uploads = gauge('uploads_open', 'Uploads that are neither finished nor cancelled.');
  const damaged = gauge('damaged_blobs', 'Damaged blobs in quarantine.');
  const collected = gauge(
    'last_collection_timestamp_seconds',
    'End of the last collection of garbage, in seconds since 1970; 0 before the first.',
  );
  const scrubbed = gauge(
    'last_scrub_timestamp_seconds',
    'End of the last verification of all content, in seconds since 1970; 0 before the first.',
  );
  return (facts) => {
    used.set(facts.usedBytes);
    limit.set(facts.limitBytes ?? 0);
    free.set(facts.freeBytes);
    for (const { path, usedBytes, limitBytes } of facts.paths) {
      pathUsed.set({ path }, usedBytes);
      pathLimit.set({ path }, limitBytes);
    }
    uploads.set(facts.uploads);
    damaged.set(facts.damagedBlobs);
    collected.set((facts.collectedAt ?? 0) / 1000);
    scrubbed.set((facts.scrubbedAt ?? 0) / 1000);
  };
}
