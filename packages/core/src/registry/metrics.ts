import type { Registry } from 'prom-client';

/** The facts about an answered request that are counted. */
export interface CountedAnswer {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Metrics as a response. */
export interface MetricsText {
  /** Its content type. */
  readonly type: string;
  readonly body: string;
}

/** Metrics of a served registry and of its process, for Prometheus. */
export class Metrics {
  readonly #registry: Registry;
  readonly #note: (answered: CountedAnswer) => void;

  private constructor(registry: Registry, note: (answered: CountedAnswer) => void) {
    this.#registry = registry;
    this.#note = note;
  }

  /** Begins to count. */
  static async open(): Promise<Metrics> {
    const { Counter, Histogram, Registry, collectDefaultMetrics } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const labelNames = ['method', 'route', 'status'] as const;
    const requests = new Counter({
      name: 'stowage_registry_requests_total',
      help: 'Requests that were answered.',
      labelNames,
      registers: [registry],
    });
    const seconds = new Histogram({
      name: 'stowage_registry_request_duration_seconds',
      help: 'How long an answer took, content included.',
      labelNames: ['method', 'route'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers: [registry],
    });
    return new Metrics(registry, ({ method, route, status, milliseconds }) => {
      requests.inc({ method, route, status });
      seconds.observe({ method, route }, milliseconds / 1000);
    });
  }

  /** Counts a request. */
  note(answered: CountedAnswer): void {
    this.#note(answered);
  }

  /** The metrics in Prometheus' text format. */
  async text(): Promise<MetricsText> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
