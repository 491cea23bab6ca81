import { describe, expect, it } from 'vitest';
import { described } from '../../../testing/pushing.js';
import { serveStore } from '../../../testing/serve-store.js';
import { MediaType } from '../../oci/media-types.js';

async function served() {
  const registry = await serveStore();
  const get = async (path: string) => {
    const response = await registry.ask('GET', path);
    return {
      status: response.status,
      link: response.headers.get('link'),
      filtered: response.headers.get('oci-filters-applied'),
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  /** Follows the links of a list to its end. */
  const pagesOf = async (path: string, key: string) => {
    const pages: unknown[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const { body, link } = await get(next);
      pages.push(body[key]);
      next = /^<(.+)>; rel="next"$/.exec(link ?? '')?.[1];
    }
    return pages;
  };
  return { ...registry, get, pagesOf };
}

describe('a list', () => {
  it('of tags is sorted, and read in pages', async () => {
    const { pushImage, get, pagesOf } = await served();
    for (const tag of ['b', 'a', 'c']) await pushImage('app', tag, tag);
    expect((await get('/v2/app/tags/list')).body).toEqual({ name: 'app', tags: ['a', 'b', 'c'] });
    expect(await pagesOf('/v2/app/tags/list?n=2', 'tags')).toEqual([['a', 'b'], ['c']]);
    expect(await pagesOf('/v2/app/tags/list?n=3', 'tags')).toEqual([['a', 'b', 'c']]);
    expect(await pagesOf('/v2/app/tags/list?n=0', 'tags')).toEqual([[]]);
    expect((await get('/v2/app/tags/list?last=a')).body['tags']).toEqual(['b', 'c']);
  });

  it('of repositories is read in pages', async () => {
    const { pushImage, pagesOf } = await served();
    for (const name of ['b', 'a/x']) await pushImage(name, '1', name);
    expect(await pagesOf('/v2/_catalog?n=1', 'repositories')).toEqual([['a/x'], ['b']]);
  });

  it.each(['-1', 'x', '', '1.5', '9999999999'])('of n=%s is refused', async (n) => {
    const { get, pushImage } = await served();
    await pushImage('app', '1', 'x');
    const { status, body } = await get(`/v2/app/tags/list?n=${n}`);
    expect([status, body]).toMatchObject([
      400,
      { errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] },
    ]);
  });

  it('of tags of no repository is NAME_UNKNOWN', async () => {
    const { get } = await served();
    expect((await get('/v2/none/tags/list')).body).toMatchObject({
      errors: [{ code: 'NAME_UNKNOWN' }],
    });
  });
});

describe('the referrers of a manifest', () => {
  async function withReferrers(count: number, annotation = '') {
    const registry = await served();
    const manifest = await registry.pushImage('app', '1', 'x');
    const subject = described(MediaType.manifest, JSON.stringify(manifest));
    for (let at = 0; at < count; at++)
      await registry.putManifest('app', `r${at}`, {
        ...manifest,
        subject,
        artifactType: at % 2 === 0 ? 'text/even' : 'text/odd',
        annotations: { at: `${at}${annotation}` },
      });
    return { ...registry, path: `/v2/app/referrers/${subject.digest}` };
  }

  it('are an index with types and annotations, filtered where asked', async () => {
    const { get, path } = await withReferrers(3);
    const { body, filtered } = await get(path);
    expect(body).toMatchObject({ mediaType: MediaType.index, schemaVersion: 2 });
    expect(body['manifests']).toHaveLength(3);
    expect(filtered).toBeNull();
    const even = await get(`${path}?artifactType=text/even`);
    expect([even.filtered, even.body['manifests']]).toMatchObject(['artifactType', [{}, {}]]);
  });

  it('are in pages of at most a megabyte, with their filter in the link', async () => {
    const { pagesOf, get, path } = await withReferrers(4, 'x'.repeat(600_000));
    const pages = await pagesOf(`${path}?artifactType=text/odd`, 'manifests');
    expect(pages.map((page) => (page as unknown[]).length)).toEqual([1, 1]);
    expect((await get(`${path}?artifactType=text/odd`)).link).toContain('artifactType=text%2Fodd');
  });

  it('of a manifest that does not exist are none', async () => {
    const { get } = await served();
    const { status, body } = await get(`/v2/app/referrers/sha256:${'0'.repeat(64)}`);
    expect([status, body['manifests']]).toEqual([200, []]);
  });
});
