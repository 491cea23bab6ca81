import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readImages } from './image.js';
import { inputsOf, isInstalled } from './inputs.js';
import { Owners } from './owner.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';
const ROOT = 'apps/app/images/base';

async function inputs(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const root = await mkdtemp(join(tmpdir(), 'stowage-inputs-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries({ [`${ROOT}/image.yaml`]: yaml, ...files })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const [image] = readImages(
    [`${ROOT}/image.yaml`],
    root,
    new Owners({ workspaceRoot: root, isMarker: () => false, isPackage: () => true }),
  );
  if (!image) throw new Error('expected an image');
  return inputsOf(image, root);
}
const patterns = async (...args: Parameters<typeof inputs>) =>
  (await inputs(...args)).filter((each) => typeof each === 'string' && each.startsWith('!'));
const without = (path: string) => [
  `!{workspaceRoot}/${ROOT}/${path}`,
  `!{workspaceRoot}/${ROOT}/${path}/**/*`,
];

describe('the inputs of an image', () => {
  it('are its folder, the settings and the records of its base', async () => {
    const found = await inputs(`${HEAD}copy: [{ from: files, to: /opt }]\n`);
    expect(found).toContain('{projectRoot}/**/*');
    expect(found).toContain('{workspaceRoot}/stowage.yaml');
    expect(found).toContainEqual({ env: 'SOURCE_DATE_EPOCH' });
    expect(found).toContainEqual({
      dependentTasksOutputFiles: '**/*.image.json',
      transitive: false,
    });
  });

  it('are what is copied from another folder, and what tasks in after: write there', async () => {
    const found = await inputs(
      `${HEAD}context: ../..\ncopy: [{ from: dist, to: /opt }]\nafter: [build]\n`,
    );
    expect(found).toContain('{workspaceRoot}/apps/app/dist');
    expect(found).toContain('{workspaceRoot}/apps/app/dist/**/*');
    expect(found).toContainEqual({
      dependentTasksOutputFiles: 'apps/app/dist/**/*',
      transitive: false,
    });
    const dockerfile = await inputs(`${HEAD}context: ../..\ndockerfile: Dockerfile\n`);
    expect(dockerfile).toContain('{workspaceRoot}/apps/app/**/*');
  });

  it('are the files of further contexts, and what tasks in after: write there', async () => {
    const found = await inputs(
      `${HEAD}dockerfile: Dockerfile\nbuild_contexts: { shared: ../../../../shared }\nafter: [build]\n`,
    );
    expect(found).toContain('{workspaceRoot}/shared/**/*');
    expect(found).toContainEqual({
      dependentTasksOutputFiles: 'shared/**/*',
      transitive: false,
    });
  });

  it('are no secrets', async () => {
    const yaml = `${HEAD}dockerfile: Dockerfile\nsecrets: [{ id: a, env: A }, { id: b, file: ../b }]\n`;
    expect(await patterns(yaml)).toEqual(['!{workspaceRoot}/apps/app/images/b']);
    expect(JSON.stringify(await inputs(yaml))).not.toContain('"A"');
  });

  it('of an invalid definition are its folder', async () => {
    const found = await inputs('project: [');
    expect(found).toContain('{projectRoot}/**/*');
    expect(found).not.toContainEqual(expect.objectContaining({ transitive: false }));
  });

  it('include the lock of the base', async () => {
    const lock = `base: ubuntu:25.04\ndigest: sha256:${'a'.repeat(64)}\n`;
    expect(await inputs(HEAD, { [`${ROOT}/image.lock.yaml`]: lock })).toContainEqual({
      externalDependencies: ['oci:ubuntu:25.04'],
    });
  });
});

describe('the files that an image leaves out', () => {
  it.each([
    ['node_modules\n# comment\n\n/dist\n', [...without('node_modules'), ...without('dist')]],
    // An exception makes all rules unsure, and hashing too many files is safe.
    ['node_modules\n!keep\n', []],
    // These characters have another meaning in a pattern of Nx.
    ['a[b]\nc{d}\ne\\f\ng\n', without('g')],
    ['a\r\nb\r\n', [...without('a'), ...without('b')]],
  ])('of %j are %j', async (text, expected) => {
    expect(await patterns(HEAD, { [`${ROOT}/.dockerignore`]: text })).toEqual(expected);
  });

  it('are never its Dockerfile', async () => {
    const yaml = `${HEAD}dockerfile: docker/Dockerfile\n`;
    const rules = 'docker\nDocker*\n**/Dockerfile\n*\nother\n';
    expect(await patterns(yaml, { [`${ROOT}/.dockerignore`]: rules })).toEqual([
      ...without('Docker*'),
      ...without('other'),
    ]);
  });

  it('are those beside the Dockerfile, if there are any', async () => {
    const yaml = `${HEAD}dockerfile: D\n`;
    const files = { [`${ROOT}/.dockerignore`]: 'a\n', [`${ROOT}/D.dockerignore`]: 'b\n' };
    expect(await patterns(yaml, files)).toEqual(without('b'));
    expect(await patterns(HEAD, files)).toEqual(without('a'));
  });
});

it.each([
  ['file:///w/node_modules/@stowage/images/dist/infer/inputs.js', true],
  ['file:///C:/w/node_modules/@stowage/images/dist/infer/inputs.js', true],
  ['file:///C:/w/packages/images/dist/infer/inputs.js', false],
])('the plugin at %s is installed: %s', (url, expected) => {
  expect(isInstalled(url)).toBe(expected);
});
