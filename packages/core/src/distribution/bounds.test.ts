import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { flood, listening } from '../../testing/listening.js';
import { MediaType } from '../oci/media-types.js';
import { readAnswer } from './transport/answer.js';
import { parseChallenges } from './auth/challenge.js';
import { RegistryClient } from './transport/client.js';
import { Repository } from './repository.js';
import { parseRetryAfter } from './transport/retry.js';
import { surroundingsOf } from '../surroundings.js';

const DIGEST = `sha256:${'0'.repeat(64)}` as const;
const SUBJECT = { mediaType: MediaType.manifest, digest: DIGEST, size: 1 };

async function open(answer: (response: ServerResponse, url: URL) => void) {
  const paths: string[] = [];
  const cut: string[] = [];
  const registry = await listening(({ url = '' }, response) => {
    paths.push(url);
    response.once('close', () => response.writableFinished || cut.push(url));
    answer(response, new URL(url, 'http://x'));
  });
  const client = await RegistryClient.open(registry, {
    credentials: async () => undefined,
    plainHttp: true,
    retries: 0,
    surroundings: surroundingsOf(),
  });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return { client, repository: new Repository(client, 'a'), paths, cut };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const tagsOf = (repository: Repository) => collect(repository.tags());

describe('an endless response is cut off:', () => {
  it.each<[string, (repository: Repository) => Promise<unknown>]>([
    ['the tags', tagsOf],
    ['a manifest', (repository) => repository.find(DIGEST)],
    ['the referrers', (repository) => collect(repository.referrers(SUBJECT))],
  ])('%s', async (_, read) => {
    const { repository, cut } = await open((response) => flood(response));
    await expect(read(repository)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await vi.waitFor(() => expect(cut).toHaveLength(1), 10_000);
  });

  it('a token', async () => {
    const { repository, cut } = await open((response, { pathname }) => {
      const { host = '' } = response.req.headers;
      if (pathname === '/token') flood(response);
      else
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` })
          .end();
    });
    await expect(tagsOf(repository)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await vi.waitFor(() => expect(cut).toHaveLength(1), 10_000);
  });

  it.each([
    ['an error', 500, 'UNAVAILABLE'],
    ['a token error', 401, 'UNAUTHORIZED'],
    ['an unneeded body', 404, undefined],
  ])('%s', async (_, status, code) => {
    const { repository, cut } = await open((response) => {
      const { host = '' } = response.req.headers;
      flood(response, status, { 'www-authenticate': `Bearer realm="http://${host}/token"` });
    });
    const failure: unknown = await tagsOf(repository).catch((cause: unknown) => cause);
    expect(failure).toMatchObject(code === undefined ? [] : { code });
    await vi.waitFor(() => expect(cut).not.toHaveLength(0), 10_000);
  });

  it('a response that stops in the middle fails after a timeout', async () => {
    const { client } = await open((response) => response.write('x'));
    const url = '/v2/a/tags/list';
    const answer = await client.request({ method: 'GET', url, scope: '', expected: [200] });
    await expect(readAnswer(answer, { limit: 10, what: 'tags', within: 1 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});

it('the connection of a response to HEAD is reused, whatever its content-length', async () => {
  const ports = new Set<number | undefined>();
  const { client } = await open((response) => {
    ports.add(response.req.socket.remotePort);
    response.writeHead(200, { 'content-length': 1_000_000 }).end();
  });
  const head = { method: 'HEAD', url: '/v2/', scope: '', expected: [200] } as const;
  for (let times = 0; times < 3; times++) await (await client.request(head)).dump();
  expect(ports.size).toBe(1);
});

describe('a list in pages', () => {
  const page = (response: ServerResponse, tags: readonly unknown[], next?: string) =>
    response
      .writeHead(200, next === undefined ? {} : { link: `<${next}>; rel="next"` })
      .end(JSON.stringify({ tags }));

  it('is read to its last page', async () => {
    const { repository } = await open((response, { searchParams }) =>
      searchParams.get('last') === 'b'
        ? page(response, ['c'])
        : page(response, ['a', 'b'], '/v2/a/tags/list?last=b'),
    );
    expect(await tagsOf(repository)).toEqual(['a', 'b', 'c']);
  });

  it('of referrers is read to its last page', async () => {
    const descriptor = (digit: string) => ({ ...SUBJECT, digest: `sha256:${digit.repeat(64)}` });
    const { repository } = await open((response, { pathname, searchParams }) => {
      const last = searchParams.get('last');
      const manifests = [descriptor(last === null ? '1' : '2')];
      response
        .writeHead(200, last === null ? { link: `<${pathname}?last=1>; rel=next` } : {})
        .end(JSON.stringify({ schemaVersion: 2, manifests }));
    });
    const found = await collect(repository.referrers(SUBJECT));
    expect(found.map(({ digest }) => digest.slice(7, 8))).toEqual(['1', '2']);
  });

  it.each([
    ['the current page', (url: URL) => url.pathname + url.search, 1],
    ['an earlier page', (url: URL) => `?at=${1 - Number(url.searchParams.get('at') ?? 1)}`, 3],
    ['a page of another origin', () => 'http://far.invalid/v2/a/tags/list', 1],
    ['a file URL', () => 'file:///etc/passwd', 1],
  ])('refuses %s as the next page', async (_, next, requests) => {
    const { repository, paths } = await open((response, url) => page(response, [], next(url)));
    await expect(tagsOf(repository)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(paths).toHaveLength(requests);
  });

  it('is TOO_LARGE after 1,000 pages', async () => {
    let at = 0;
    const { repository, paths } = await open((response) => page(response, [], `?at=${at++}`));
    await expect(tagsOf(repository)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(paths).toHaveLength(1_000);
  });

  it.each(['../../outside/x', '', 'a b', 'x'.repeat(129), 7, null])(
    'of tags leaves out %j, which is not a valid tag',
    async (tag) => {
      const { repository } = await open((response) => page(response, ['a', tag, 'b']));
      expect(await tagsOf(repository)).toEqual(['a', 'b']);
    },
  );
});

it.each(['text', 'text/html; charset=utf-8', 'a/b\r\nx: y', '../x', `a/${'b'.repeat(200)}`])(
  'referrers with the invalid media type %j are refused',
  async (type) => {
    for (const field of ['mediaType', 'artifactType']) {
      const { repository } = await open((response) =>
        response.end(JSON.stringify({ manifests: [{ ...SUBJECT, [field]: type }] })),
      );
      await expect(collect(repository.referrers(SUBJECT))).rejects.toMatchObject({
        code: 'INVALID',
      });
    }
  },
);

it('no request is sent for an invalid tag', async () => {
  const { repository, paths } = await open((response) => response.end());
  await expect(repository.find('../../other/manifests/x')).rejects.toMatchObject({
    code: 'INVALID',
  });
  expect(paths).toEqual([]);
});

it.each([
  ['text/html', 'INVALID', 'the answer is not a manifest, but "text/html"'],
  ['', 'INVALID', 'content without a media type'],
  ['application/vnd.docker.distribution.manifest.v1+prettyjws', 'UNSUPPORTED', 'manifest.v1'],
])('a response with the media type %j is not accepted as an image', async (type, code, text) => {
  for (const headers of [{}, { 'docker-content-digest': DIGEST }]) {
    const { repository } = await open((response) =>
      response
        .writeHead(200, type === '' ? headers : { 'content-type': type, ...headers })
        .end('<'),
    );
    await expect(repository.resolve()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text) as string,
    });
  }
});

it('the text of an error is one line of bounded length', async () => {
  const { repository } = await open((response) =>
    response
      .writeHead(400)
      .end(JSON.stringify({ errors: [{ code: 'A', message: `\u001b[2J\n${'x'.repeat(9000)}` }] })),
  );
  const error: unknown = await tagsOf(repository).catch((cause: unknown) => cause);
  expect(String(error)).toMatch(/^[^\p{Cc}]{1,700}$/u);
});

it('a token that is not a valid header value is refused', async () => {
  const { repository } = await open((response, { pathname }) => {
    const { host = '' } = response.req.headers;
    if (pathname === '/token') response.end('{"token":"a\\r\\nx: y"}');
    else
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end();
  });
  await expect(tagsOf(repository)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

it.each([
  ['30', 30_000],
  ['31', 30_000],
  ['9'.repeat(300), 30_000],
  ['9'.repeat(400), undefined],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 30_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After: %s waits %s ms', (header, expected) => {
  expect(parseRetryAfter(header, Date.now())).toBe(expected);
});

it.each(['a ', 'a,', ' ', 'a="', '"', 'a=\\', 'a b="c\\"', '='])(
  'a header of very many %j is ignored, and a shorter one has a bounded number of challenges',
  (part) => {
    expect(parseChallenges(part.repeat(1_000_000))).toEqual([]);
    expect(parseChallenges(part.repeat(2_000)).length).toBeLessThanOrEqual(2_000);
  },
);
