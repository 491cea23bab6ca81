import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { MediaType } from '../../../oci/media-types.js';
import { foreignRepositories } from './foreign-contents.js';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const entry = (digit: string, annotations = {}) => ({
  ...{ mediaType: MediaType.manifest, digest: digest(digit), size: 1 },
  annotations,
});
const named = (name: string) => ({ 'io.containerd.image.name': name });
const tagged = (tag: string) => ({ 'org.opencontainers.image.ref.name': tag });

/** The repositories in a folder `NAME` with these files, as `repository: tag=digit …`. */
async function listed(name: string, files: Readonly<Record<string, unknown>>) {
  const folder = join(await temporaryFolder(), name);
  await mkdir(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(folder, path), text);
  }
  const found: string[] = [];
  for await (const { name: repository, tags, manifests } of foreignRepositories(folder)) {
    const all = [...tags].map(([tag, value]) => `${tag}=${value.slice(7, 8)}`);
    found.push(`${repository}: ${[...all, `${manifests.size} manifests`].join(' ')}`);
  }
  return found.sort();
}

const index = (...manifests: readonly object[]) => ({ schemaVersion: 2, manifests });
const LAYOUT = { 'oci-layout': '{"imageLayoutVersion":"1.0.0"}' };

describe('the images of an OCI layout', () => {
  it('are in the repositories of their names, else in one called like the folder', async () => {
    const manifests = index(
      entry('1', named('r.example/team/a:1')),
      entry('2', named('r.example/team/a:2')),
      entry('3', tagged('3')),
      entry('4'),
    );
    expect(await listed('mine', { ...LAYOUT, 'index.json': manifests })).toEqual([
      'mine: 3=3 2 manifests',
      'team/a: 1=1 2=2 2 manifests',
    ]);
  });

  it('are in `image` where the folder has no name that a repository could have', async () => {
    const files = { ...LAYOUT, 'index.json': index(entry('1')) };
    expect(await listed('-x-', files)).toEqual(['image: 1 manifests']);
    expect(await listed('Mine', files)).toEqual(['mine: 1 manifests']);
  });

  it('are none without an index', async () => {
    expect(await listed('mine', LAYOUT)).toEqual([]);
  });
});

it('the repositories of zot are its layouts, without those of other names', async () => {
  const files: Record<string, unknown> = {};
  for (const path of ['team/app', 'Bad']) {
    files[`${path}/oci-layout`] = '{}';
    files[`${path}/index.json`] = index(entry('1', tagged('1')), entry('2', tagged('-bad')));
  }
  expect(await listed('zot', files)).toEqual(['team/app: 1=1 2 manifests']);
});

it('the repositories of docker-registry have the tags whose manifest is there', async () => {
  const at = 'docker/registry/v2/repositories/team/app/_manifests';
  const files = {
    [`${at}/revisions/sha256/${'1'.repeat(64)}/link`]: digest('1'),
    // A deleted manifest leaves its folder.
    [`${at}/revisions/sha256/${'2'.repeat(64)}/other`]: '',
    [`${at}/tags/1/current/link`]: digest('1'),
    [`${at}/tags/2/current/link`]: digest('2'),
    [`${at}/tags/3/current/link`]: 'no digest',
  };
  expect(await listed('distribution', files)).toEqual(['team/app: 1=1 1 manifests']);
});

it('another folder is NOT_FOUND', async () => {
  await expect(listed('other', { notes: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
