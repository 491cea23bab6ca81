import type { Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../registry/problem.js';
import type { Access } from '../../../registry/access/access.js';
import type { Login } from '../../../registry/access/remembered-logins.js';
import { requestLimits } from '../../../registry/handler/limiter.js';
import { countsOf, Metrics, type MetricsValues } from '../../../registry/metrics.js';
import type { VerbOptions } from '../../workspace/call.js';
import { connectionLimit } from '../listen.js';
import { Calls, type MessagePort } from './calls.js';
import type { PrimaryOffers, WorkerOffers } from './offered.js';

/** Options of {@link Crew}. */
export interface CrewOptions extends Pick<VerbOptions, 'onEvent'> {
  readonly fork: () => Worker;
}

/** A worker ended before it was ready; it has told why. */
export class WorkerEnded extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`a worker of the registry ended with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** A worker that ends within this time (ms) is replaced only after it. */
const REPLACE_MS = 1_000;
/** How long metrics wait for a worker (ms). */
const METRICS_MS = 2_000;

interface Member {
  readonly worker: Worker;
  readonly calls: Calls<WorkerOffers>;
  readonly reserved: Map<number, Disposable>;
  readonly ready: Promise<string>;
  readonly ended: Promise<void>;
  /** What it counted last. */
  values?: MetricsValues;
  readonly tells: boolean;
  isReady: boolean;
}

/** The workers of a registry, and what they share. */
export class Crew implements AsyncDisposable {
  readonly #fork: () => Worker;
  readonly #onEvent: VerbOptions['onEvent'];
  readonly #members = new Set<Member>();
  readonly #limits = { ...requestLimits(), connections: connectionLimit() };
  readonly #stopping = new AbortController();
  /** The address of all workers; undefined until the first one listens. */
  #host: string | undefined;
  /** The address that workers are given; that of the options when undefined. */
  #listen: string | undefined;
  #reservations = 0;
  #own: Promise<Metrics> | undefined;
  /** Counts of workers that have ended. */
  #past: MetricsValues = [];
  /** Checks the logins of all workers. */
  access: Access | undefined;

  constructor({ fork, onEvent }: CrewOptions) {
    this.#fork = fork;
    this.#onEvent = onEvent;
  }

  /** Starts a worker. @returns the URL on which it listens. @throws WorkerEnded */
  async add(): Promise<string> {
    const url = await this.#start().ready;
    this.#host ??= new URL(url).host;
    return url;
  }

  /** @throws the error of a worker that cannot reload */
  async reload(): Promise<void> {
    const results = await Promise.allSettled(
      [...this.#members].map(({ calls }) => calls.call('reload', null)),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** The workers ask again whether this login is right. */
  forget(login: Pick<Login, 'client' | 'user'>): void {
    for (const { calls } of this.#members) calls.call('forget', login).catch(() => undefined);
  }

  /** Lets the workers answer open requests, and end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    const members = [...this.#members];
    for (const { calls } of members) calls.call('stop', null).catch(() => undefined);
    await Promise.all(members.map(({ ended }) => ended));
  }

  #start(): Member {
    const worker = this.#fork();
    const started = performance.now();
    const tells = ![...this.#members].some((each) => each.tells);
    const reserved = new Map<number, Disposable>();
    let tellReady = (_url: string): void => undefined;
    const isReady = new Promise<string>((resolve) => (tellReady = resolve));
    const exited = new Promise<number>((resolve) =>
      worker.once('exit', (code: number | null) => resolve(code ?? 1)),
    );
    const calls = new Calls<WorkerOffers>(portOf(worker), {
      ...this.#offersTo(() => member, reserved),
      start: () => ({ listen: this.#addressFor(member), tells }),
      ready: (url) => tellReady(url),
    } satisfies PrimaryOffers);
    const ready = Promise.race([
      isReady.then((url) => {
        member.isReady = true;
        return url;
      }),
      exited.then((code): never => {
        throw new WorkerEnded(code);
      }),
    ]);
    const ended = exited.then(async (code) => {
      this.#members.delete(member);
      for (const each of reserved.values()) each[Symbol.dispose]();
      this.#past = await countsOf([this.#past, member.values ?? []]);
      if (member.isReady) void this.#replace(worker, code, started);
    });
    ready.catch(() => undefined);
    const member: Member = { worker, calls, reserved, ready, ended, tells, isReady: false };
    this.#members.add(member);
    return member;
  }

  /**
   * `node:cluster` shares a port among workers that ask for it in the same words, port 0 included. When none is left, the port
   * is free again, and the next ones ask for it by its number.
   */
  #addressFor(starting: Member): string | undefined {
    if (![...this.#members].some((each) => each !== starting && each.isReady))
      this.#listen = this.#host;
    return this.#listen;
  }

  async #replace(worker: Worker, code: number, started: number): Promise<void> {
    const { signal } = this.#stopping;
    const { pid = 0 } = worker.process;
    const signalled = worker.process.signalCode;
    for (let first = true; !signal.aborted; first = false) {
      try {
        const age = first ? performance.now() - started : 0;
        // A signal to all processes of a terminal reaches this one, too.
        await sleep(Math.max(REPLACE_MS - age, REPLACE_MS / 10), undefined, { signal });
        const how = signalled ?? `exit code ${code}`;
        if (first)
          this.#onEvent?.({
            type: 'notice',
            text: `serve: worker ${pid} ended (${how}); another one is started`,
          });
        return void (await this.add());
      } catch {
        // It has told why; the next one may start.
      }
    }
  }

  #offersTo(
    member: () => Member,
    reserved: Map<number, Disposable>,
  ): Omit<PrimaryOffers, 'start' | 'ready'> {
    return {
      enter: async ({ limit, client, amount }) => {
        const held = await this.#limits[limit].enter(client, amount);
        const reservation = ++this.#reservations;
        reserved.set(reservation, held);
        return reservation;
      },
      leave: (reservation) => {
        reserved.get(reservation)?.[Symbol.dispose]();
        reserved.delete(reservation);
      },
      login: async (login) => {
        if (!this.access) throw new Problem('TOOMANYREQUESTS', 'the registry is starting');
        return this.access.isRight(login);
      },
      took: (added) => {
        for (const each of this.#members)
          if (each !== member()) each.calls.call('took', added).catch(() => undefined);
      },
      metrics: () => this.#metricsFor(member()),
    };
  }

  /** The metrics of this process, of all workers but one, and the counts of those that have ended. */
  async #metricsFor(asking: Member): Promise<MetricsValues[]> {
    this.#own ??= Metrics.open();
    const others = [...this.#members].filter((each) => each !== asking);
    const values = others.map(async (each) => (each.values = await valuesOf(each)));
    // What it counts itself is asked for later: it matters only when it has ended.
    valuesOf(asking).then(
      (own) => (asking.values = own),
      () => undefined,
    );
    return [await (await this.#own).values(), this.#past, ...(await Promise.all(values))];
  }
}

/** The metrics of a worker; those that are known when it does not answer. */
async function valuesOf({ calls, values = [] }: Member): Promise<MetricsValues> {
  const late = sleep(METRICS_MS, values, { ref: false });
  return Promise.race([calls.call('metrics', null).catch(() => values), late]);
}

function portOf(worker: Worker): MessagePort {
  return {
    send: (message, sent) => void worker.send(message, sent),
    onMessage: (listener) => void worker.on('message', listener),
    onEnd: (listener) => void worker.once('disconnect', listener),
  };
}
