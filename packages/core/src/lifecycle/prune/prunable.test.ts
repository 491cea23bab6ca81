import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PARTIAL_FILE, partsOf, rulesOf, shownPath } from './prunable.js';
import type { Workspace } from '../workspace/workspace.js';

const workspace = { root: '/w' } as Workspace;

it('a path of the workspace is shown relative to it, another one as it is', () => {
  expect(shownPath(workspace, join('/w', 'images', 'a.tar'))).toBe('images/a.tar');
  expect(shownPath(workspace, '/other/a.tar')).toBe('/other/a.tar');
});

it.each([
  ['x.tar.partial', true],
  ['x.image.json.partial', true],
  ['x.tar', false],
  ['catalog.json.partial', false],
])('%s is a partial file of an archive: %s', (path, expected) => {
  expect(PARTIAL_FILE.test(path)).toBe(expected);
});

it('the parts of an archive are those of its name, with the folder as the project', () => {
  expect(partsOf('app-debian-12-base')).toEqual({ project: 'app', os: 'debian-12' });
  expect(partsOf('my-app-debian-12-base', 'my-app/x.tar')).toEqual({
    project: 'my-app',
    os: 'debian-12',
  });
  expect(partsOf('whatever')).toEqual({});
});

it('the rules of a definition are in milliseconds', () => {
  expect(rulesOf({ keep_newest: 3, unused_for: '2d', min_age: '1h' })).toEqual({
    keepNewest: { name: 3 },
    unusedFor: 172_800_000,
    minAge: 3_600_000,
  });
  expect(rulesOf({})).toEqual({});
});
