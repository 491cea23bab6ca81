import { refuse, type Answer, type Quirk, type Registry, type Request } from './registry.js';

type Before = NonNullable<Quirk['before']>;
type After = NonNullable<Quirk['after']>;

const isManifest = ({ url }: Request) => url.pathname.includes('/manifests/');
const isUploads = ({ url }: Request) => url.pathname.endsWith('/blobs/uploads/');
const isUpload = ({ url }: Request) => /\/blobs\/uploads\/./.test(url.pathname);
const isBlob = ({ url }: Request) => /\/blobs\/sha/.test(url.pathname);
const isReferrers = ({ url }: Request) => url.pathname.includes('/referrers/');
const isTags = ({ url }: Request) => url.pathname.endsWith('/tags/list');
const idOf = ({ url }: Request) => url.pathname.split('/').at(-1) ?? '';
const withHeaders = (answer: Answer, headers: NonNullable<Answer['headers']>): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});

/** Whether this is the first time that something happens. */
const isFirst = ({ seen }: Registry, what: string) => seen.size < seen.add(what).size;

const noReferrersApi = (status: number, answer = refuse(status)): Omit<Quirk, 'name'> => ({
  before: (request) => (isReferrers(request) ? answer : undefined),
  after: (given, request) =>
    isManifest(request) ? withHeaders(given, { 'oci-subject': undefined }) : given,
});

const REFERRERS: readonly Quirk[] = [
  ...[400, 403, 404, 405, 406, 500].map((status) => ({
    name: `referrers API answers ${status}`,
    ...noReferrersApi(status),
  })),
  {
    name: 'referrers API answers a page',
    ...noReferrersApi(200, {
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html></html>',
    }),
  },
  { name: 'referrers API answers nothing', ...noReferrersApi(200, { status: 200 }) },
];

const refuseMount = (status: number, isRefused: (url: URL) => boolean): Before => {
  return (request) =>
    isUploads(request) && request.url.searchParams.has('mount') && isRefused(request.url)
      ? refuse(status)
      : undefined;
};
const MOUNTS: readonly Quirk[] = [
  {
    name: 'anonymous mount is refused with 400',
    before: refuseMount(400, ({ searchParams }) => !searchParams.has('from')),
  },
  ...[400, 401, 403, 404, 405, 500].map((status) => ({
    name: `mount is refused with ${status}`,
    before: refuseMount(status, () => true),
  })),
];

const changeHead = (headers: (length: number) => NonNullable<Answer['headers']>): After => {
  return (answer, request) =>
    request.method === 'HEAD' && isManifest(request) && answer.status === 200
      ? withHeaders(answer, headers(Buffer.byteLength(answer.body ?? '')))
      : answer;
};
const HEADS: readonly Quirk[] = [
  ...[400, 401, 403, 405].map((status) => ({
    name: `HEAD of a manifest is refused with ${status}`,
    before: (request: Request) =>
      request.method === 'HEAD' && isManifest(request) ? refuse(status) : undefined,
  })),
  {
    name: 'HEAD of a blob is refused with 405',
    before: (request) => (request.method === 'HEAD' && isBlob(request) ? refuse(405) : undefined),
  },
  {
    name: 'HEAD of a manifest has no length',
    after: changeHead(() => ({ 'content-length': undefined })),
  },
  { name: 'HEAD of a manifest has length 0', after: changeHead(() => ({ 'content-length': '0' })) },
  {
    name: 'HEAD of a manifest has a wrong length',
    after: changeHead((length) => ({ 'content-length': String(length + 7) })),
  },
];

const patches = (quirk: (request: Request, registry: Registry) => Answer | undefined) => ({
  before: (request: Request, registry: Registry) =>
    request.method === 'PATCH' && isUpload(request) ? quirk(request, registry) : undefined,
});
const CHUNKS: readonly Quirk[] = [
  ...[400, 404, 405, 413, 416, 501].map((status) => ({
    name: `second PATCH is refused with ${status}`,
    needsChunks: true as const,
    ...patches((request, registry) =>
      isFirst(registry, idOf(request)) ? undefined : refuse(status),
    ),
  })),
  ...[400, 404, 405, 501].map((status) => ({
    name: `PATCH is refused with ${status}`,
    ...patches(() => refuse(status)),
  })),
  {
    name: 'PATCH stores less than was sent',
    needsChunks: true,
    ...patches(({ url, body }, { uploads }) => {
      const stored = body.subarray(0, body.byteLength / 2);
      uploads.get(url.pathname.split('/').at(-1) ?? '')?.push(stored);
      const range = `0-${stored.byteLength - 1}`;
      return { status: 202, headers: { location: `${url.pathname}?state=2`, range } };
    }),
  },
  {
    name: 'each PATCH replaces the one before',
    needsChunks: true,
    ...patches((request, { uploads }) => {
      uploads.set(idOf(request), [request.body]);
      return { status: 202, headers: { location: `${request.url.pathname}?state=2` } };
    }),
  },
  {
    name: 'chunks have a least length of 33 MiB',
    needsChunks: true,
    before: (request, { seen }) => {
      const { method, body } = request;
      if (method !== 'PATCH' || !isUpload(request)) return undefined;
      if (seen.has(idOf(request))) return refuse(416);
      if (body.byteLength < 33 * 1024 * 1024) seen.add(idOf(request));
      return undefined;
    },
    after: (answer, request) =>
      isUploads(request)
        ? withHeaders(answer, { 'oci-chunk-min-length': String(33 * 1024 * 1024) })
        : answer,
  },
];

/** Redirects a kind of request to another path, where it is answered. */
const redirect = (status: number, isRedirected: (request: Request) => boolean): Before => {
  return (request, registry) => {
    const { url } = request;
    if (url.searchParams.get('hop') === '1') {
      url.searchParams.delete('hop');
      return registry.answer(request);
    }
    if (!isRedirected(request)) return undefined;
    const location = `${url.href}${url.search === '' ? '?' : '&'}hop=1`;
    return { status, headers: { location } };
  };
};
const REDIRECTS: readonly Quirk[] = [
  { name: 'a blob is redirected', before: redirect(307, (each) => isBlob(each)) },
  {
    name: 'POST of an upload is redirected (307)',
    before: redirect(307, (each) => isUploads(each) && each.method === 'POST'),
  },
  {
    name: 'PATCH and PUT of an upload are redirected (308)',
    before: redirect(308, (each) => isUpload(each) && each.method !== 'GET'),
  },
  {
    name: 'PUT of a manifest is redirected (307)',
    before: redirect(307, (each) => isManifest(each) && each.method === 'PUT'),
  },
];

/** Asks for a token, which `grant` writes. */
const withTokens = (
  challenge: (realm: string) => string,
  grant: object = { token: 't', expires_in: 300 },
): Before => {
  return ({ url, headers }) => {
    if (url.pathname === '/token') return { status: 200, body: JSON.stringify(grant) };
    if (headers.authorization === 'Bearer t') return undefined;
    const asks = challenge(`${url.origin}/token`);
    return { ...refuse(401, 'UNAUTHORIZED'), headers: { 'www-authenticate': asks } };
  };
};
const bearer = (realm: string) => `Bearer realm="${realm}",service="s"`;
const TOKENS: readonly Quirk[] = [
  { name: 'token is an access_token', before: withTokens(bearer, { access_token: 't' }) },
  { name: 'token has no lifetime', before: withTokens(bearer, { token: 't' }) },
  {
    name: 'several challenges in one header',
    before: withTokens((realm) => `Negotiate, Basic realm="x", ${bearer(realm)}`),
  },
  {
    name: 'unknown name is 401',
    after: (answer) =>
      answer.status === 404 ? { ...refuse(401, 'NAME_UNKNOWN'), headers: {} } : answer,
  },
];

const locations = (change: (location: string, request: Request) => string): After => {
  return (answer, request) => {
    const { location } = answer.headers ?? {};
    return location !== undefined && (isUploads(request) || isUpload(request))
      ? withHeaders(answer, { location: change(location, request) })
      : answer;
  };
};
const LOCATIONS: readonly Quirk[] = [
  {
    name: 'Location is absolute',
    after: locations((location, { url }) => new URL(location, url).href),
  },
  {
    name: 'Location is relative to the path',
    after: locations((location, { url, method }) => {
      const last = location.split('/').at(-1) ?? '';
      return method === 'POST' && url.pathname.endsWith('/') ? last : location;
    }),
  },
  {
    name: 'Location has a query to be kept as it is written',
    before: (request) =>
      isUpload(request) && !request.url.search.includes('_state=a%2Fb~c%20d==&x')
        ? refuse(400, 'BLOB_UPLOAD_INVALID')
        : undefined,
    after: locations((location) => `${location.split('?', 1)[0] ?? ''}?_state=a%2Fb~c%20d==&x`),
  },
];

const OTHERS: readonly Quirk[] = [
  {
    name: 'no Docker-Content-Digest',
    after: (answer) => withHeaders(answer, { 'docker-content-digest': undefined }),
  },
  {
    name: 'wrong Docker-Content-Digest of a tag',
    after: (answer, request) =>
      isManifest(request) && !request.url.pathname.includes('sha256:') && answer.status === 200
        ? withHeaders(answer, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` })
        : answer,
  },
  {
    name: 'media type with a character set',
    after: (answer, request) => {
      const type = answer.headers?.['content-type'];
      return isManifest(request) && type !== undefined
        ? withHeaders(answer, { 'content-type': `${type}; charset=utf-8` })
        : answer;
    },
  },
  ...(['relative', 'absolute'] as const).map(
    (how): Quirk => ({
      name: `pages of one tag, Link is ${how}`,
      before: (request, registry) => {
        if (!isTags(request)) return undefined;
        request.url.searchParams.set('n', '1');
        const answer = registry.answer(request);
        const link = answer.headers?.['link'];
        const absolute = link?.replace('<', `<${request.url.origin}`).replace('; ', '; x=y; ');
        return how === 'absolute' ? withHeaders(answer, { link: absolute }) : answer;
      },
    }),
  ),
  {
    name: 'PUT of a manifest answers 202',
    after: (answer, request) =>
      request.method === 'PUT' && isManifest(request) ? { ...answer, status: 202 } : answer,
  },
  {
    name: 'PUT of a blob answers 204',
    after: (answer, request) =>
      request.method === 'PUT' && isUpload(request) && answer.status === 201
        ? { ...answer, status: 204 }
        : answer,
  },
  {
    name: '429 with a date',
    before: (_, registry) =>
      registry.requests.length % 40 === 5 && isFirst(registry, `${registry.requests.length}`)
        ? {
            ...refuse(429, 'TOOMANYREQUESTS'),
            headers: { 'retry-after': new Date(Date.now() + 1000).toUTCString() },
          }
        : undefined,
  },
  {
    name: 'no ranges',
    before: (request, registry) =>
      isBlob(request) && request.headers.range !== undefined
        ? registry.answer({ ...request, headers: { ...request.headers, range: undefined } })
        : undefined,
  },
  {
    name: 'the same manifest may not be put twice',
    before: (request, registry) =>
      request.method === 'PUT' &&
      isManifest(request) &&
      !request.url.pathname.includes('/manifests/sha256-') &&
      !isFirst(
        registry,
        `${request.url.pathname.split('/manifests/')[0]} ${request.body.toString()}`,
      )
        ? refuse(400, 'REDEPLOY_FORBIDDEN')
        : undefined,
  },
  {
    name: 'requests without User-Agent are refused',
    before: ({ headers }) =>
      (headers['user-agent'] ?? '') === '' ? refuse(403, 'DENIED') : undefined,
  },
];

/** Takes OCI media types only, as zot does: an image of Docker's types cannot be pushed unchanged. */
export const OCI_ONLY: Quirk = {
  name: 'media types of Docker are refused with 415',
  before: (request) =>
    request.method === 'PUT' && isManifest(request) && request.body.includes('vnd.docker.')
      ? refuse(415, 'MANIFEST_INVALID')
      : undefined,
};

/** The answers of registries that clients must cope with, one quirk each. */
export const QUIRKS: readonly Quirk[] = [
  ...REFERRERS,
  ...MOUNTS,
  ...HEADS,
  ...CHUNKS,
  ...REDIRECTS,
  ...TOKENS,
  ...LOCATIONS,
  ...OTHERS,
];
