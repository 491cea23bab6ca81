import { describe, expect, it } from 'vitest';
import { ImageError } from '../errors.js';
import { forEachReadable } from './each-readable.js';

const malformed = (name: string) => new ImageError('INVALID', name);

/** Runs over names; those that begin with an error code fail with it. */
async function run(names: readonly string[]) {
  const skipped: string[] = [];
  const seen: string[] = [];
  const results = await forEachReadable(
    names,
    async (name) => {
      seen.push(name);
      if (name.startsWith('INVALID')) throw malformed(name);
      if (name.startsWith('UNSUPPORTED')) throw new ImageError('UNSUPPORTED', name);
      if (name.startsWith('CORRUPT')) throw new ImageError('CORRUPT', name);
      return name.toUpperCase();
    },
    (error, name) => skipped.push(`${name}: ${error.code}`),
  );
  return { results, skipped, seen };
}

describe('for each readable image', () => {
  it('malformed ones are reported, and the others read', async () => {
    expect(await run(['a', 'INVALID 1', 'b', 'UNSUPPORTED 2'])).toMatchObject({
      results: ['A', 'B'],
      skipped: ['INVALID 1: INVALID', 'UNSUPPORTED 2: UNSUPPORTED'],
    });
  });

  it('the first error is thrown when none can be read', async () => {
    await expect(run(['INVALID 1', 'UNSUPPORTED 2'])).rejects.toMatchObject({
      message: 'INVALID 1',
    });
    expect(await run([])).toMatchObject({ results: [], skipped: [] });
  });

  it('any other error stops at once', async () => {
    const seen: string[] = [];
    const work = async (name: string) => {
      seen.push(name);
      throw name === 'x' ? new ImageError('CORRUPT', name) : malformed(name);
    };
    const report = () => expect.unreachable();
    await expect(forEachReadable(['a', 'x', 'b'], work, report)).rejects.toMatchObject({
      code: 'CORRUPT',
    });
    expect(seen).toEqual(['a', 'x']);
  });
});
