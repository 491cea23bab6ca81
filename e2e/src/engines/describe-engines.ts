import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { missing } from '../peers.js';
import { ENGINES, ENGINE_NAMES, missingFor, type EngineName } from './matrix.js';
import { startEngine, type StartedEngine } from './start.js';

/** An engine of the matrix while its tests are defined; it is started before the first of them runs. */
export interface EngineUnderTest {
  readonly name: EngineName;
  readonly kind: StartedEngine['kind'];
  /** @throws TypeError before the tests run */
  readonly started: () => StartedEngine;
}

/** The engines to test: those of STOWAGE_MATRIX, separated by commas, or all. */
const wanted = process.env['STOWAGE_MATRIX']?.split(',') ?? ENGINE_NAMES;

/** Options of {@link describeEngines}. */
export interface EnginesOptions {
  /** The kind of the engines; all when omitted. */
  readonly kind?: EngineUnderTest['kind'];
  /** The engines that the tests are for; all when omitted. */
  readonly among?: readonly EngineName[];
  /** A configuration file of containerd, in place of the machine's own. */
  readonly configuration?: string;
  /** Other programs that the tests need. */
  readonly programs?: readonly string[];
}

/**
 * Describes tests that run on every engine of the matrix, all of which are started at once. One that this machine cannot
 * start is skipped with the reason; with STOWAGE_REQUIRE=all it fails.
 */
export function describeEngines(
  define: (engine: EngineUnderTest) => void,
  { kind, among = ENGINE_NAMES, configuration, programs = [] }: EnginesOptions = {},
): void {
  const names = among.filter(
    (name) => wanted.includes(name) && (kind === undefined || ENGINES[name].kind === kind),
  );
  const lacks = (name: EngineName) => missingFor(name) ?? missing(programs);
  const able = names.filter((name) => lacks(name) === undefined);
  const started = new Map<EngineName, StartedEngine>();
  beforeAll(async () => {
    await Promise.all(
      able.map(async (name) => started.set(name, await startEngine(name, configuration))),
    );
  });
  afterAll(async () => {
    await Promise.all([...started.values()].map((engine) => engine.stop()));
  });
  for (const name of names) {
    const why = lacks(name);
    if (why === undefined)
      describe(name, () => {
        const engine = () => {
          const found = started.get(name);
          if (!found) throw new TypeError(`${name} is not started yet`);
          return found;
        };
        // Its own client programs are the first to be found.
        beforeAll(() => void vi.stubEnv('PATH', engine().env['PATH'] ?? ''));
        afterAll(() => void vi.unstubAllEnvs());
        define({ name, kind: ENGINES[name].kind, started: engine });
      });
    else if (process.env['STOWAGE_REQUIRE'] === 'all')
      it(name, () => {
        throw new Error(`${why}, and STOWAGE_REQUIRE=all`);
      });
    else it.skip(`${name} (${why})`, () => undefined);
  }
}
