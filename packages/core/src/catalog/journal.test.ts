import { appendFile, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { appendUse, openFold, readUnfoldedUses, sha256Of } from './journal.js';

const DAY = new Date('2026-01-02T00:00:00.000Z');
const NAME = 'app-debian-12-base';

/** Number of uses by name that are not folded into the catalog of this text. */
async function countsOf(state: string, catalog = ''): Promise<Record<string, number>> {
  const uses = await readUnfoldedUses(state, async () => sha256Of(catalog));
  return Object.fromEntries([...uses].map(([name, { usage_count: count }]) => [name, count]));
}

/** Folds all uses of known names into a catalog. */
async function fold(state: string, before: string, after: string, isCrash = false): Promise<void> {
  const opened = await openFold(state, before);
  const pending = new Map([...opened.uses].filter(([name]) => name !== NAME));
  await opened.begin(after, pending);
  if (!isCrash) await opened.end();
}

describe('the journal', () => {
  it('counts each use until it is folded, and each use once', async () => {
    const state = join(await temporaryFolder(), 'new');
    await appendUse(state, NAME, DAY);
    await appendUse(state, NAME, DAY);
    expect(await countsOf(state)).toEqual({ [NAME]: 2 });
    await fold(state, '', 'one');
    expect(await countsOf(state, 'one')).toEqual({});
    await appendUse(state, NAME, DAY);
    expect(await countsOf(state, 'one')).toEqual({ [NAME]: 1 });
  });

  it('counts correctly after a crash before or after the catalog was written', async () => {
    const state = await temporaryFolder();
    await appendUse(state, NAME, DAY);
    await fold(state, 'old', 'new', true);
    // The catalog tells whether the fold took place.
    expect(await countsOf(state, 'old')).toEqual({ [NAME]: 1 });
    expect(await countsOf(state, 'new')).toEqual({});
    await fold(state, 'new', 'newer');
    expect(await countsOf(state, 'newer')).toEqual({});
  });

  it('keeps uses of images without an entry', async () => {
    const state = await temporaryFolder();
    await appendUse(state, 'other', DAY);
    await fold(state, '', 'one');
    expect(await countsOf(state, 'one')).toEqual({ other: 1 });
    await appendUse(state, 'other', DAY);
    expect(await countsOf(state, 'one')).toEqual({ other: 2 });
  });

  it('does not write an intent when there is nothing to fold', async () => {
    const state = await temporaryFolder();
    await fold(state, '', 'one');
    expect(await readdir(state)).toEqual([]);
  });

  it('finds a line that was appended to a folded file later', async () => {
    const state = await temporaryFolder();
    await appendUse(state, NAME, DAY);
    const path = join(state, 'usage.0.jsonl');
    const line = await readFile(path, 'utf8');
    await fold(state, '', 'one');
    await appendFile(path, line.slice(0, -3));
    expect(await countsOf(state, 'one')).toEqual({});
    await appendFile(path, line.slice(-3));
    expect(await countsOf(state, 'one')).toEqual({ [NAME]: 1 });
  });

  it('starts a new file when one is large, and deletes the old one an hour after its last line', async () => {
    const state = await temporaryFolder();
    await appendUse(state, NAME, DAY);
    const old = join(state, 'usage.0.jsonl');
    await appendFile(old, `${'\n'.repeat(300 * 1024)}`);
    await fold(state, '', 'one');
    await appendUse(state, NAME, DAY);
    expect((await readdir(state)).sort()).toEqual(['usage.0.jsonl', 'usage.1.jsonl', 'usage.json']);
    await utimes(old, 1000, 1000);
    await fold(state, 'one', 'two');
    expect((await readdir(state)).sort()).toEqual(['usage.1.jsonl', 'usage.json']);
    expect(await countsOf(state, 'two')).toEqual({});
  });

  it('does not delete an old file with lines that are not folded', async () => {
    const state = await temporaryFolder();
    await mkdir(state, { recursive: true });
    const folded = { generation: 5, offsets: {}, pending: {} };
    await writeFile(join(state, 'usage.json'), JSON.stringify(folded));
    await writeFile(join(state, 'usage.0.jsonl'), 'cut');
    await utimes(join(state, 'usage.0.jsonl'), 1000, 1000);
    await appendUse(state, NAME, DAY);
    await fold(state, '', 'one');
    expect(await readdir(state)).toContain('usage.0.jsonl');
  });
});
