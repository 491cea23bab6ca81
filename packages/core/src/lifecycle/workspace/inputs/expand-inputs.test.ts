import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { expandInputs } from './expand-inputs.js';

const FILES = [
  'medium/a.tar',
  'medium/set.tar.001',
  'medium/set.tar.002',
  'medium/set.tar.sha256',
  'medium/deep/b.tar.zst',
  'medium/deep/c.tgz',
  'medium/layout/oci-layout',
  'medium/layout/index.json',
  'medium/layout/blobs/sha256/x.tar',
  'medium/a.tar.0123456789ab.partial',
  'medium/a.image.json',
  'medium/.hidden/d.tar',
  'medium/node_modules/e.tar',
  'odd[1].tar',
  'empty/readme.txt',
];

const ALL = ['a.tar', 'deep/b.tar.zst', 'deep/c.tgz', 'layout', 'set.tar'];

async function expanded(...inputs: readonly string[]): Promise<string[]> {
  const cwd = await temporaryFolder();
  for (const file of FILES) {
    await mkdir(dirname(join(cwd, file)), { recursive: true });
    await writeFile(join(cwd, file), '');
  }
  return (await expandInputs(inputs, cwd)).map((path) => path.replace(`${cwd}/`, ''));
}

it.each([
  [['medium'], ALL.map((name) => `medium/${name}`)],
  [
    ['medium/', 'app:1'],
    [...ALL.map((name) => `medium/${name}`), 'app:1'],
  ],
  [['.'], ['medium/a.tar', ...ALL.slice(1).map((name) => `medium/${name}`), 'odd[1].tar']],
  [['medium/layout'], ['medium/layout']],
  [['medium/*.tar*'], ['medium/a.tar', 'medium/set.tar']],
  [
    ['medium/*.t*', 'odd[1].tar'],
    ['medium/a.tar', 'medium/set.tar', 'odd[1].tar'],
  ],
  [['{medium,none}/**/*.tgz'], ['medium/deep/c.tgz']],
  [
    ['none.tar', 'registry.example.com/a:1'],
    ['none.tar', 'registry.example.com/a:1'],
  ],
])('%j are %j', async (inputs, all) => {
  expect(await expanded(...inputs)).toEqual(all);
});

it.each([
  ['none/*.tar', 'none/*.tar: no file matches this pattern'],
  ['empty', 'empty: no archive is in this folder'],
])('refuses %s', async (input, message) => {
  await expect(expanded(input)).rejects.toMatchObject({ code: 'NOT_FOUND', message });
});
