import { describe, expect, it } from 'vitest';
import type { Report } from './report.js';
import { reportPicture } from './report-picture.js';

const CREATED = '2026-01-31T00:00:00.000Z';

function report(archives: readonly object[], deleted: readonly string[] = []): Report {
  const all = archives.map((archive) => ({
    name: 'app-debian-12-base',
    file: 'app/x.tar',
    project: 'app',
    bytes: 1000,
    sharedBytes: 0,
    created: CREATED,
    lastUsed: CREATED,
    ...archive,
  }));
  const decisions = deleted.map((path) => ({ kind: 'archive', path, action: 'delete' }));
  const bytes = all.reduce((sum, each) => sum + each.bytes, 0);
  return { archives: all, prune: { decisions }, created: CREATED, bytes } as unknown as Report;
}

const textOf = async (archives: readonly object[], deleted?: readonly string[]) =>
  (await reportPicture(report(archives, deleted)))?.text ?? '';
const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0;

describe('the picture of a report', () => {
  it('is none where no archive takes space', async () => {
    expect(await reportPicture(report([]))).toBeUndefined();
    expect(await reportPicture(report([{ bytes: 0 }]))).toBeUndefined();
  });

  it('has a tile for each archive that takes space, by project', async () => {
    const text = await textOf([{}, { project: null, file: 'y.tar' }, { bytes: 0 }]);
    expect(count(text, /<rect class="tile /g)).toBe(2);
    expect(text).toContain('no project ·');
    expect(text).toContain('href="#archive-0"');
    expect(text).not.toContain('href="#archive-2"');
  });

  it.each([
    ['2026-01-30T12:00:00.000Z', 0],
    ['2026-01-25T00:00:00.000Z', 1],
    ['2026-01-05T00:00:00.000Z', 2],
    ['2025-12-01T00:00:00.000Z', 3],
    ['2025-01-01T00:00:00.000Z', 4],
    [null, 4],
  ])('shows the last use %s as age %i', async (lastUsed, age) => {
    expect(await textOf([{ lastUsed, created: null }])).toContain(`<rect class="tile age${age}"`);
  });

  it('outlines what prune would delete, and escapes names', async () => {
    const text = await textOf([{ name: '<b>' }, { file: 'y.tar' }], ['y.tar']);
    // One is of the legend.
    expect(count(text, /class="goes"/g)).toBe(2);
    expect(text).not.toContain('<b>');
  });
});
