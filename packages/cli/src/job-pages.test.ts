import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFINITIONS, LOAD_IN_CI, PRUNE_POLICIES } from '../testing/provoked/local.js';
import { INTEROP, MIGRATING, RELEASE_IMAGES, SHARE } from '../testing/provoked/others.js';
import type { Provocations } from '../testing/provoked/provoked.js';
import {
  AIR_GAPPED,
  ARCHIVES,
  LOCAL_REGISTRY,
  REGISTRY_SERVICE,
  SYNC,
} from '../testing/provoked/registries.js';

const ROOT = join(import.meta.dirname, '../../..');

/** The pages about jobs, and how each row of their tables of what can go wrong comes about. */
const PAGES: Readonly<Record<string, Provocations>> = {
  'air-gapped': AIR_GAPPED,
  archives: ARCHIVES,
  definitions: DEFINITIONS,
  interop: INTEROP,
  'load-in-ci': LOAD_IN_CI,
  'local-registry': LOCAL_REGISTRY,
  migrating: MIGRATING,
  'prune-policies': PRUNE_POLICIES,
  'registry-service': REGISTRY_SERVICE,
  'release-images': RELEASE_IMAGES,
  share: SHARE,
  sync: SYNC,
};

/** Pages about parts of Stowage, whose tables name the codes that their tests check. */
const OTHERS = ['engines'];

const pageOf = (name: string) => readFileSync(join(ROOT, 'docs', `${name}.md`), 'utf8');

/** The rows of a page's tables of what can go wrong that name exit codes. */
function rowsOf(page: string): { readonly what: string; readonly codes: readonly number[] }[] {
  const tables = page.match(/^\| (?:what|message) +\| (?:exit|answer) +\|.*\n(?:\|.*\n)+/gm) ?? [];
  return tables.flatMap((table) =>
    table.split('\n').flatMap((row) => {
      const [, what, codes] = /^\| (.+?) +\| +(?:exit )?(\d+(?: or \d+)*) +\|/.exec(row) ?? [];
      const numbers = codes?.split(' or ').map(Number) ?? [];
      return what === undefined || numbers.some((code) => code > 130)
        ? []
        : [{ what, codes: numbers }];
    }),
  );
}

describe.each(Object.entries(PAGES))('the exit codes of docs/%s.md', (page, provocations) => {
  const rows = rowsOf(pageOf(page));

  it('are all provoked', () => {
    expect(rows.map(({ what }) => what).sort()).toEqual(Object.keys(provocations).sort());
  });

  it.each(rows)('$what: $codes', async ({ what, codes }) => {
    const provoked = provocations[what];
    if (!provoked) throw new Error(`nothing provokes this row: ${what}`);
    if ('file' in provoked)
      return expect(readFileSync(join(ROOT, provoked.file), 'utf8')).toContain(provoked.title);
    const ran = await provoked.run();
    const said = ran.map(({ stdout, stderr }) => stdout + stderr);
    expect(new Set(ran.map(({ code }) => code)), said.join('\n')).toEqual(new Set(codes));
    for (const text of said) expect(text).toMatch(provoked.says);
  });
});

it('every page with exit codes is among them', () => {
  const names = readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.replace(/\.md$/, ''));
  const withCodes = names.filter((name) => rowsOf(pageOf(name)).length > 0);
  expect(withCodes.sort()).toEqual([...Object.keys(PAGES), ...OTHERS].sort());
});
