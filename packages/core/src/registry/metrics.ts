import type { Registry } from 'prom-client';

/** The properties of an answered request that metrics record. */
export interface CountedAnswer {
  readonly method: string;
  /** The kind of endpoint. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Metrics as a response body. */
export interface MetricsText {
  /** Content type of the body. */
  readonly type: string;
  readonly body: string;
}

/** Prometheus metrics of a served registry and of its process. */
export class Metrics {
  readonly #registry: Registry;
  readonly #note: (answered: CountedAnswer) => void;

  private constructor(registry: Registry, note: (answered: CountedAnswer) => void) {
    this.#registry = registry;
    this.#note = note;
  }

  /** Creates the metrics, all zero. */
  static async open(): Promise<Metrics> {
    const { Counter, Histogram, Registry, collectDefaultMetrics } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const labelNames = ['method', 'route', 'status'] as const;
    const requests = new Counter({
      name: 'stowage_registry_requests_total',
      help: 'Number of answered requests.',
      labelNames,
      registers: [registry],
    });
    const seconds = new Histogram({
      name: 'stowage_registry_request_duration_seconds',
      help: 'Time from the request to the end of the response, in seconds.',
      labelNames: ['method', 'route'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers: [registry],
    });
    return new Metrics(registry, ({ method, route, status, milliseconds }) => {
      requests.inc({ method, route, status });
      seconds.observe({ method, route }, milliseconds / 1000);
    });
  }

  /** Records an answered request. */
  note(answered: CountedAnswer): void {
    this.#note(answered);
  }

  /** Returns the metrics in the Prometheus text format. */
  async text(): Promise<MetricsText> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
