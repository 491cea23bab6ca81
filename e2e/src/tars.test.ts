import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { expect, it } from 'vitest';
import { contentsOf } from '../../packages/core/testing/tar-contents.js';
import { describeWith } from './peers.js';
import { must, temporaryFolder } from './run.js';

/** A member of a tar; a link has the content of its target. */
interface Member {
  readonly path: string;
  readonly kind: 'file' | 'hard link' | 'symbolic link';
  readonly bytes: number;
}

const WORD = fc.oneof(
  fc.stringMatching(/^[a-z0-9_.-]{1,12}$/).filter((word) => !/^\.{1,2}$/.test(word)),
  fc.constantFrom('ä', '漢字', 'a b', 'x'.repeat(99), 'y'.repeat(101), 'z'.repeat(160)),
);
const MEMBERS: fc.Arbitrary<Member[]> = fc
  .uniqueArray(
    fc.record({
      path: fc.array(WORD, { minLength: 1, maxLength: 4 }).map((words) => words.join('/')),
      kind: fc.constantFrom('file', 'file', 'hard link', 'symbolic link'),
      bytes: fc.constantFrom(0, 1, 511, 512, 513, 5000),
    }),
    { selector: ({ path }) => path, minLength: 1, maxLength: 8 },
  )
  // A path cannot be both a file and a folder.
  .map((all) => all.filter(({ path }) => !all.some((one) => one.path.startsWith(`${path}/`))));

/** The writers, each with the formats that can hold any name. */
const WRITERS: readonly [string, (format: string) => readonly string[], readonly string[]][] = [
  ['tar', (format) => [`--format=${format}`, '-cf', '../x.tar', '.'], ['gnu', 'posix']],
  ['bsdtar', (format) => [`--format=${format}`, '-cf', '../x.tar', '.'], ['pax', 'gnutar']],
  ['python3', (format) => ['-c', PYTHON, format], ['GNU_FORMAT', 'PAX_FORMAT']],
];
const PYTHON = `
import sys, tarfile
with tarfile.open('../x.tar', 'w', format=getattr(tarfile, sys.argv[1])) as tar:
    tar.add('.')
`;

describeWith(['tar', 'bsdtar', 'python3'], 'a tar of any writer', () => {
  it('gets the same index', async () => {
    await fc.assert(
      fc.asyncProperty(MEMBERS, async (members) => {
        const folder = await temporaryFolder();
        const expected = await createFiles(join(folder, 'tree'), members);
        for (const [program, args, formats] of WRITERS) {
          for (const format of formats) {
            await must(program, args(format), {
              cwd: join(folder, 'tree'),
              env: { LC_ALL: 'C.UTF-8' },
            });
            const found = await contentsOf(await readFile(join(folder, 'x.tar')));
            expect(found, `${program} ${format}`).toEqual(expected);
          }
        }
        expect(await contentsOf(await byTarStream(members)), 'tar-stream').toEqual(expected);
      }),
      { numRuns: 15 },
    );
  }, 120_000);
});

/** Creates files. @returns the content of each path */
async function createFiles(
  folder: string,
  members: readonly Member[],
): Promise<Map<string, string>> {
  await mkdir(folder);
  const target = body('target', 700);
  await writeFile(join(folder, 'target'), target);
  const expected = new Map([['target', target]]);
  for (const { path, kind, bytes } of members) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    if (kind === 'file') await writeFile(file, body(path, bytes));
    else if (kind === 'hard link') await link(join(folder, 'target'), file);
    else await symlink(toTarget(path), file);
    expected.set(path, kind === 'file' ? body(path, bytes) : target);
  }
  return expected;
}

async function byTarStream(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: 'target' }, body('target', 700));
  for (const { path: name, kind, bytes } of members) {
    if (kind === 'file') tar.entry({ name }, body(name, bytes));
    else if (kind === 'hard link') tar.entry({ name, type: 'link', linkname: 'target' });
    else tar.entry({ name, type: 'symlink', linkname: toTarget(name) });
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function toTarget(path: string): string {
  return `${'../'.repeat(path.split('/').length - 1)}target`;
}

function body(path: string, bytes: number): string {
  return path.slice(0, 1).codePointAt(0)?.toString(36).slice(0, 1).repeat(bytes) ?? '';
}
