import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ImageError } from '../../src/errors.js';
import { mutations } from './mutate.js';
import { TARGETS } from './targets.js';

// A minute in all with `npm run fuzz`; in every test run long enough to notice what is plainly wrong.
const EACH = process.env['MODE'] === 'fuzz' ? 60_000 / Object.keys(TARGETS).length : 300;
/** No input of a few KB may keep a parser busy for longer (milliseconds). */
const BUSY = 2000;

it.each(Object.entries(TARGETS))(
  '%s: takes or refuses whatever comes',
  async (_, { seeds, run }) => {
    expect(seeds.length).toBeGreaterThan(0);
    const property = fc.asyncProperty(mutations(seeds), async (bytes) => {
      const started = performance.now();
      try {
        await run(bytes);
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
      }
      expect(performance.now() - started).toBeLessThan(BUSY);
    });
    // However slow the machine is.
    await fc.assert(property, { numRuns: 20 });
    await fc.assert(property, {
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: EACH,
      ignoreEqualValues: false,
    });
  },
  EACH * 3 + 30_000,
);
