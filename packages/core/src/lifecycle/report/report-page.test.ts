import { describe, expect, it } from 'vitest';
import type { Report, ReportedArchive } from './report.js';
import { reportPage } from './report-page.js';

const CREATED = '2026-02-03T04:05:06.000Z';
const archive = (more: Partial<ReportedArchive> = {}): ReportedArchive => ({
  ...{ name: 'app-debian-12-base', reference: null, project: 'app', os: null, variant: null },
  ...{ file: 'app/x.tar', digest: null, size: 2048, created: '2026-02-01T04:05:06.000Z' },
  ...{ lastUsed: null, usageCount: 0, pinned: false, state: 'ok' },
  ...{ bytes: 2048, sharedBytes: 0, layers: [] },
  ...more,
});
const reportOf = (more: Partial<Report> = {}): Report => ({
  ...{ workspace: 'site', created: CREATED, bytes: 0, repeatedBytes: 0 },
  ...{ archives: [], problems: [], runs: [] },
  prune: { decisions: [], freedBytes: 0, shortfallBytes: 0, shortfalls: [] },
  ...more,
});
const decision = { name: 'old', path: 'app/old.tar', kind: 'archive', bytes: 2048 } as const;
const run = {
  ...{ image: 'a', target: 'image-save', built: 2, localCache: 1, remoteCache: 0, failed: 0 },
  last: CREATED,
};

describe('the page of a report', () => {
  it('without archives says how one is made, and has no empty table', async () => {
    const page = await reportPage(reportOf());
    expect(page).toContain('No archives yet');
    expect(page).toContain('What prune would delete: nothing');
    for (const heading of ['Problems', '<h2>Archives', 'Runs in Nx'])
      expect(page).not.toContain(heading);
  });

  it('lists archives by size, with their age', async () => {
    const archives = [archive({ name: 'small' }), archive({ name: 'large', bytes: 1e6 })];
    const page = await reportPage(reportOf({ archives }));
    const table = page.slice(page.indexOf('<h2>Archives'));
    expect(table.indexOf('large')).toBeLessThan(table.indexOf('small'));
    expect(table).toContain('2 days');
    expect(table).toContain('never');
  });

  it('counts in words that fit the number', async () => {
    const one = await reportPage(reportOf({ archives: [archive()] }));
    expect(one).toMatch(/<dt>archive<\/dt>/);
    expect(one).toMatch(/<dt>problems<\/dt>/);
  });

  it('tells what prune deletes and why it keeps the others', async () => {
    const going = { ...decision, action: 'delete', rule: 'unused-for', reason: 'too old' } as const;
    const kept = { ...decision, action: 'keep', rule: 'pinned', reason: 'it is pinned' } as const;
    const prune = {
      ...{ decisions: [going, kept, kept], freedBytes: 2048, shortfallBytes: 1024 },
      shortfalls: [],
    };
    const page = await reportPage(reportOf({ prune }));
    expect(page).toContain('too old');
    expect(page).toContain('2 × it is pinned');
    expect(page).toContain('more than the rules allow to delete');
  });

  it('draws the builds of a target, scaled to the longest', async () => {
    const runs = [{ ...run, medianTime: 50, times: [10, 100] }];
    const page = await reportPage(reportOf({ runs }));
    expect(page).toContain('height="18"');
    expect(page).toContain('height="1.8"');
    expect(
      await reportPage(reportOf({ runs: [{ ...run, medianTime: null, times: [] }] })),
    ).not.toContain('class="bars"');
  });

  it('escapes text of others, and loads nothing', async () => {
    const name = '<b>"&';
    const problem = { kind: 'orphan', name, path: name, detail: name, fix: name } as const;
    const page = await reportPage(
      reportOf({ workspace: name, archives: [archive({ name })], problems: [problem] }),
    );
    expect(page).not.toContain('<b>');
    expect(page).not.toMatch(/<script|(?:src|href)="(?!#)/);
  });
});
