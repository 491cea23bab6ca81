import type { Login } from '../../../registry/access/remembered-logins.js';
import type { MetricsValues } from '../../../registry/metrics.js';
import type { AddedBytes } from '../../../registry/storage/quota/quotas.js';

/** The limits that the primary keeps for all workers. */
export type SharedLimit = 'uploads' | 'manifests' | 'connections';

/** What a worker needs to start. */
export interface WorkerStart {
  /** The address that the workers before it listen on; that of the options for the first one. */
  readonly listen?: string | undefined;
  /** Whether it tells notices about the options; otherwise each of them would appear once for each worker. */
  readonly tells: boolean;
}

/** What the primary offers to its workers. */
export interface PrimaryOffers {
  readonly start: (_: null) => WorkerStart;
  readonly ready: (url: string) => void;
  /** Reserves an amount. @returns the number of the reservation @throws Problem TOOMANYREQUESTS */
  readonly enter: (wanted: {
    readonly limit: SharedLimit;
    readonly client: string;
    readonly amount: number;
  }) => Promise<number>;
  readonly leave: (reservation: number) => void;
  /** @throws Problem TOOMANYREQUESTS */
  readonly login: (login: Login) => Promise<boolean>;
  /** Tells the other workers what this one has added to the folder. */
  readonly took: (added: AddedBytes) => void;
  /** The metrics of all other processes. */
  readonly metrics: (_: null) => Promise<readonly MetricsValues[]>;
}

/** What a worker offers to the primary. */
export interface WorkerOffers {
  /** @throws ImageError USAGE, NOT_FOUND */
  readonly reload: (_: null) => Promise<void>;
  readonly metrics: (_: null) => Promise<MetricsValues>;
  readonly took: (added: AddedBytes) => void;
  readonly forget: (login: Pick<Login, 'client' | 'user'>) => void;
  readonly stop: (_: null) => void;
}
