/** Core's unit tests that run on Windows: those about files, names and locks. All others are the same on every system, or need long. */
export const UNIT_TESTS = [
  'src/disk/',
  'src/store/',
  'src/catalog/',
  'src/share/',
  'src/location',
  'src/archive/open-archive',
  'src/archive/tar/pack-tar',
  'src/archive/split-archive',
  'src/archive/spool',
  'src/archive/write-archive',
  'src/archive/write-parts',
  'src/build/context/context',
  'src/build/context/ignore',
  'src/build/source-files/context-file',
  'src/build/source-files/file-modes',
  'src/build/source-files/git-files',
];

const LINKS = 'Wine 8 makes no symbolic links';
const MODES = 'Windows has no permissions of owner, group and others';
const GIT = 'needs git for Windows';
const PROGRAMS = 'needs sha256sum for Windows';
const NAMES = 'Windows has another error for such a path';

/** The tests among them that cannot pass, and why: the file, and a part of the names. */
export const FAILING: readonly (readonly [why: string, file: string, name: RegExp])[] = [
  [LINKS, 'src/disk/if-there.test.ts', /refuses a link to a folder/],
  [LINKS, 'src/disk/paths/links-below.test.ts', /refuses a path with a symbolic link/],
  [LINKS, 'src/disk/paths/own-file.test.ts', /when it is a symbolic link|when it is too large/],
  [
    LINKS,
    'src/disk/paths/own-folder.test.ts',
    /accepted as in.(out|dangling).*: false|links that lead out/,
  ],
  [LINKS, 'src/disk/paths/real-path.test.ts', /has no links in it/],
  [NAMES, 'src/disk/paths/real-path.test.ts', /that is not UTF-8/],
  [NAMES, 'src/disk/allocated.test.ts', /for any other failure/],
  [MODES, 'src/disk/make-folders.test.ts', /returns the topmost folder/],
  [NAMES, 'src/disk/make-folders.test.ts', /fails below a file/],
  [MODES, 'src/store/blob-dir.test.ts', /is private where/],
  [LINKS, 'src/store/paths.test.ts', /symbolic links to a folder/],
  [LINKS, 'src/catalog/commit.test.ts', /leads out of itself by a link/],
  [LINKS, 'src/catalog/documents.test.ts', /not written through a symbolic link/],
  [LINKS, 'src/catalog/locate.test.ts', /is (a.inner.tar|a.out.tar|victim.db)$/],
  [PROGRAMS, 'src/archive/split-archive.test.ts', /checked with sha256sum/],
  [MODES, 'src/archive/spool.test.ts', /its file is gone with its handle/],
  [
    LINKS,
    'src/build/context/context.test.ts',
    /links as links|does not follow links|replaced after/,
  ],
  [LINKS, 'src/build/context/ignore-file.test.ts', /are not read from outside/],
  [LINKS, 'src/build/source-files/context-file.test.ts', /is a link since it was listed/],
  [MODES, 'src/build/source-files/context-file.test.ts', /may not be read/],
  [GIT, 'src/build/source-files/file-modes.test.ts', /are those of its index/],
  [GIT, 'src/build/source-files/git-files.test.ts', /what git has|start no program/],
];
