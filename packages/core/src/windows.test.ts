import { win32 } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { checkName } from './definition/name.js';
import { toSlashes } from './disk/paths/slashed.js';
import { shownPath } from './lifecycle/prune/prunable.js';
import { parseDestination, parseLocation } from './location.js';
import { isPath } from './location-form.js';
import { cacheFolder } from './store/cache-folder.js';
import { tagLink } from './registry/storage/registry-paths.js';
import { nameFile, nameOfTagFile } from './store/paths.js';

// Every file of ours has Windows' rules for paths here; the files themselves are where they are.
vi.mock('node:path', async (original) => {
  const { win32: rules } = await original<{ readonly win32: object }>();
  return { ...rules, default: rules };
});

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('on Windows', () => {
  it.each([
    ['C:\\images\\app.tar', 'archive', 'C:\\images\\app.tar', undefined],
    ['docker-archive:C:/images/app.tar:app:v1', 'archive', 'C:/images/app.tar', 'app:v1'],
    [`oci-archive:D:\\x.tar@${DIGEST}`, 'archive', 'D:\\x.tar', DIGEST],
    ['docker-archive:C:\\x.tar:app:v1', 'archive', 'C:\\x.tar', 'app:v1'],
    ['oci:C:\\layout', 'layout', 'C:\\layout', undefined],
    ['oci-archive:\\\\server\\share\\x.tar', 'archive', '\\\\server\\share\\x.tar', undefined],
    ['oci-archive:..\\x.tar:v1', 'archive', '..\\x.tar', 'v1'],
  ])('%s is a location', async (text, kind, path, reference) => {
    const expected = { kind, text, path, ...(reference && { reference }) };
    for (const parse of [parseLocation, parseDestination])
      expect(await parse(text, { cwd: 'C:\\work' })).toEqual(expected);
  });

  it.each(['C:\\x', 'c:/x', '.\\x', '..\\x', '\\x', '\\\\server\\share\\x.tar', '~\\x'])(
    '%s is a path, never a reference',
    async (text) => {
      expect(isPath(text)).toBe(true);
      for (const parse of [parseLocation, parseDestination])
        expect(await parse(text, { cwd: 'C:\\work' })).toEqual({
          kind: 'archive',
          text,
          path: text,
        });
    },
  );

  it('finds the name of an image where it put it', () => {
    const root = 'C:\\work\\.stowage\\store';
    const reference = 'registry.example.com:5000/team/app:V1.';
    const file = nameFile(root, reference) ?? '';
    expect(file).toBe(`${root}\\repositories\\registry.example.com+5000\\team\\app\\_tags\\!v1.!`);
    expect(nameOfTagFile(win32.relative(`${root}\\repositories`, file))).toBe(reference);
  });

  it('gives no file the name of a device, and no two tags one file', () => {
    const root = 'C:\\registry';
    const file = (repository: string, tag: string) =>
      win32.relative(root, tagLink(root, repository, tag));
    expect(file('aux/con.d/app', 'nul')).toBe('repositories\\aux!\\con!.d\\app\\_tags\\nul!');
    expect(file('app', 'RC').toLowerCase()).not.toBe(file('app', 'rc').toLowerCase());
    expect(() => checkName('con.x-debian-12-base')).toThrow(
      expect.objectContaining({ code: 'NAMING' }) as Error,
    );
    expect(checkName('con-debian-12-base').project).toBe('con');
  });

  it('writes paths into files as everywhere else', () => {
    expect(toSlashes(win32.relative('C:\\work\\images', 'C:\\work\\images\\app\\app.tar'))).toBe(
      'app/app.tar',
    );
    const workspace = { root: 'C:\\work' } as Parameters<typeof shownPath>[0];
    expect(shownPath(workspace, 'C:\\work\\images\\x.tar')).toBe('images/x.tar');
    expect(shownPath(workspace, 'D:\\images\\x.tar')).toBe('D:\\images\\x.tar');
  });

  it('keeps its cache where applications keep theirs', () => {
    const home = 'C:\\Users\\me';
    const local = `${home}\\AppData\\Local`;
    expect(cacheFolder({ LOCALAPPDATA: local }, 'win32', home)).toBe(`${local}\\stowage\\cache`);
    expect(cacheFolder({}, 'win32', home)).toBe(`${local}\\stowage\\cache`);
    expect(cacheFolder({ STOWAGE_CACHE_DIR: 'D:\\cache' }, 'win32', home)).toBe('D:\\cache');
  });
});
