import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { appendSummary } from './summary.js';
import { summaryText } from './summary-text.js';

const HEAD = ['Image', 'Size'];
const table = (title: string, ...rows: string[][]) => ({ title, head: HEAD, rows });

it('appends a table, and later rows of the same table below it', async () => {
  const path = join(await temporaryFolder(), 'summary');
  const env = { GITHUB_STEP_SUMMARY: path };
  await appendSummary(env, table('pushed', ['app', '1 MB']));
  await appendSummary(env, { ...table('pushed'), rows: [['lib', 2 * 1024 * 1024]] });
  await appendSummary(env, table('pruned', ['old', '3 MB']));
  await appendSummary(env, table('pushed', ['last', '4 MB']));
  await appendSummary(env, table('empty'));
  await appendSummary({}, table('no summary is wanted', ['x', 'y']));
  expect(await readFile(path, 'utf8')).toBe(
    [
      ...[
        '### pushed',
        '',
        '| Image | Size |',
        '| --- | --- |',
        '| app | 1 MB |',
        '| lib | 2 MB |',
      ],
      ...['', '### pruned', '', '| Image | Size |', '| --- | --- |', '| old | 3 MB |'],
      ...['', '### pushed', '', '| Image | Size |', '| --- | --- |', '| last | 4 MB |', ''],
    ].join('\n'),
  );
});

it('values are neither Markdown nor HTML', () => {
  const text = summaryText(table('t', ['a|b<img src=x>[l](http://x)`*_\n# \u202e', 'ok']));
  const row = text.split('\n').at(-2) ?? '';
  expect(row).toMatch(/^\| [A-Za-z0-9 .,/@&#;-]+ \| ok \|$/);
  expect(row).not.toMatch(/<|\]|https?:/);
});

it('stays below 1 MiB with what is there, and counts the rest', async () => {
  const path = join(await temporaryFolder(), 'summary');
  const env = { GITHUB_STEP_SUMMARY: path };
  await writeFile(path, `${'x'.repeat(1_000_000)}\n`);
  const rows = Array.from({ length: 100_000 }, (_, at) => [`image-${at}`, '1 MB']);
  await appendSummary(env, table('pushed', ...rows));
  const { size } = await stat(path);
  expect(size).toBeGreaterThan(1_040_000);
  expect(size).toBeLessThan(1024 * 1024);
  expect((await readFile(path, 'utf8')).trimEnd()).toMatch(/\| and \d+ more \| {2}\|$/);
  await appendSummary(env, table('pruned', ...rows));
  expect((await stat(path)).size).toBe(size);
});
