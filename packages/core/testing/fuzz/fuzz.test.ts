import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ImageError } from '../../src/errors.js';
import { mutations } from './mutate.js';
import { TARGETS } from './targets.js';

// One minute for all targets with `npm run fuzz`; 300 ms each in a normal test run, which finds obvious faults.
const TARGET_MS = process.env['MODE'] === 'fuzz' ? 60_000 / Object.keys(TARGETS).length : 300;
/** Limit for parsing one input of a few KB (ms). */
const MAX_PARSE_MS = 2000;

it.each(Object.entries(TARGETS))(
  '%s: parses any input or throws an ImageError',
  async (_, { seeds, run }) => {
    expect(seeds.length).toBeGreaterThan(0);
    const property = fc.asyncProperty(mutations(seeds), async (bytes) => {
      const started = performance.now();
      try {
        await run(bytes);
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
      }
      expect(performance.now() - started).toBeLessThan(MAX_PARSE_MS);
    });
    // At least 20 runs, even on a slow machine.
    await fc.assert(property, { numRuns: 20 });
    await fc.assert(property, {
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: TARGET_MS,
      ignoreEqualValues: false,
    });
  },
  TARGET_MS * 3 + 30_000,
);
