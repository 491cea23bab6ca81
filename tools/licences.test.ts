import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { bundledIn } from './notices.mjs';
import { licencesOf, type Licence } from './licences.js';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = ['packages/core', 'packages/images', 'packages/cli'];

/** Of the packages as they are built last. */
const BUNDLED = PACKAGES.flatMap((folder) => bundledIn(join(ROOT, folder)));

/** Licences that require only attribution. */
const FREE = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0'];

it('has only dependencies with a permissive licence', () => {
  const isFree = (licence: string) => licence.split(' AND ').every((each) => FREE.includes(each));
  const all = [...licencesOf(ROOT, PACKAGES), ...BUNDLED];
  const others = all.filter(({ licence }) => !isFree(licence));
  expect(others).toEqual([]);
});

// To regenerate it after a build: npx vitest run --root tools licences --update
it('docs/licences.md lists all dependencies', async () => {
  const table = (licences: readonly Licence[]) => [
    '| package | version | licence |',
    '| - | - | - |',
    ...licences.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    '',
  ];
  const text = [
    '# What users install besides Stowage',
    '',
    'Written from package-lock.json; Nx itself is what the workspace has already.',
    '',
    ...table(licencesOf(ROOT, PACKAGES)),
    'These are bundled in the files of `@stowage/core`; `dist/THIRD-PARTY-NOTICES.txt` of the package has their licences:',
    '',
    ...table(BUNDLED),
  ].join('\n');
  const page = await format(text, { parser: 'markdown', printWidth: 100 });
  await expect(page).toMatchFileSnapshot(join(ROOT, 'docs/licences.md'));
});

// The bill of materials of a release is written from package-lock.json.
it.each(PACKAGES)('%s names exact versions: users install what was tested', (folder) => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const ranges = Object.entries(dependencies).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  );
  expect(ranges).toEqual([]);
});
