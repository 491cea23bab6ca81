import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { sha256 } from '../pushing.js';

export interface Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  /** An undefined header is not sent. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array;
}

/** A difference between a registry that people use and the distribution specification. */
export interface Quirk {
  readonly name: string;
  /** Only a push of a blob of several chunks shows it. */
  readonly needsChunks?: true;
  /** Answers in place of the registry. */
  readonly before?: (request: Request, registry: Registry) => Answer | undefined;
  /** Changes an answer of the registry. */
  readonly after?: (answer: Answer, request: Request, registry: Registry) => Answer;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** A correct registry in memory (OCI distribution spec 1.1), and what a quirk remembers of its clients. */
export class Registry {
  /** Content by digest; a repository sees what its own `places` name. */
  readonly blobs = new Map<string, Buffer>();
  readonly places = new Set<string>();
  readonly manifests = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  readonly tags = new Map<string, string>();
  readonly uploads = new Map<string, Buffer[]>();
  /** Things that a quirk has seen, or done once. */
  readonly seen = new Set<string>();
  /** Requests, as `METHOD /path`. */
  readonly requests: string[] = [];
  readonly agents = new Set<string | undefined>();

  answer(request: Request): Answer {
    const { pathname } = request.url;
    if (pathname === '/v2/') return { status: 200, body: '{}' };
    const [, name = '', kind = '', rest = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs|tags|referrers)\/(.*)$/.exec(pathname) ?? [];
    if (kind === 'manifests') return this.#manifest(request, name, rest);
    if (kind === 'blobs') return this.#blob(request, name, rest);
    if (kind === 'blobs/uploads')
      return rest === '' ? this.#begin(request, name) : this.#upload(request, name, rest);
    if (kind === 'tags') return this.#tagList(request, name);
    if (kind === 'referrers') return this.#referrers(name, rest);
    return refuse(404, 'NOT_FOUND');
  }

  #manifest({ method, headers, body }: Request, name: string, reference: string): Answer {
    if (method === 'PUT') {
      const digest = sha256(body);
      const parsed = JSON.parse(body.toString()) as {
        readonly subject?: { readonly digest: string };
        readonly manifests?: readonly { readonly digest: string }[];
      };
      if (parsed.manifests?.some((child) => !this.manifests.has(`${name}@${child.digest}`)))
        return refuse(404, 'MANIFEST_BLOB_UNKNOWN');
      this.manifests.set(`${name}@${digest}`, { type: headers['content-type'] ?? '', bytes: body });
      if (reference !== digest) this.tags.set(`${name}:${reference}`, digest);
      return {
        status: 201,
        headers: {
          location: `/v2/${name}/manifests/${digest}`,
          'docker-content-digest': digest,
          'oci-subject': parsed.subject?.digest,
        },
      };
    }
    const digest = this.tags.get(`${name}:${reference}`) ?? reference;
    if (method === 'DELETE') return this.#deleteManifest(name, reference);
    const found = this.manifests.get(`${name}@${digest}`);
    if (!found) return refuse(404, 'MANIFEST_UNKNOWN');
    const type = { 'content-type': found.type, 'docker-content-digest': digest };
    return { status: 200, headers: type, body: found.bytes };
  }

  #deleteManifest(name: string, reference: string): Answer {
    if (this.tags.delete(`${name}:${reference}`)) return { status: 202 };
    if (!this.manifests.delete(`${name}@${reference}`)) return refuse(404, 'MANIFEST_UNKNOWN');
    for (const [tag, digest] of this.tags) if (digest === reference) this.tags.delete(tag);
    return { status: 202 };
  }

  #blob({ headers }: Request, name: string, digest: string): Answer {
    const bytes = this.places.has(`${name}@${digest}`) ? this.blobs.get(digest) : undefined;
    if (!bytes) return refuse(404, 'BLOB_UNKNOWN');
    const named = { 'docker-content-digest': digest, 'content-type': 'application/octet-stream' };
    const [, start, end] = /^bytes=([0-9]+)-([0-9]*)$/.exec(headers.range ?? '') ?? [];
    if (start === undefined) return { status: 200, headers: named, body: bytes };
    const last = end === '' ? bytes.byteLength - 1 : Number(end);
    const range = `bytes ${start}-${last}/${bytes.byteLength}`;
    const part = bytes.subarray(Number(start), last + 1);
    return { status: 206, headers: { ...named, 'content-range': range }, body: part };
  }

  #begin({ url: { searchParams } }: Request, name: string): Answer {
    const mount = searchParams.get('mount');
    const [from] = [...this.places].filter((place) => place.endsWith(`@${mount ?? ''}`));
    if (mount !== null && from !== undefined) return this.#stored(name, mount);
    const id = randomUUID();
    this.uploads.set(id, []);
    const location = `/v2/${name}/blobs/uploads/${id}?state=1`;
    return { status: 202, headers: { location, range: '0-0' } };
  }

  #upload({ method, url, headers, body }: Request, name: string, id: string): Answer {
    const parts = this.uploads.get(id);
    if (!parts) return refuse(404, 'BLOB_UPLOAD_UNKNOWN');
    const size = () => parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const state = (status: number) => ({
      status,
      headers: {
        location: `${url.pathname}?state=${parts.length + 1}`,
        range: `0-${Math.max(size() - 1, 0)}`,
      },
    });
    if (method === 'GET') return state(204);
    const [, start] = /^(?:bytes )?([0-9]+)-/.exec(headers['content-range'] ?? '') ?? [];
    if (start !== undefined && Number(start) !== size()) return { ...state(416) };
    if (body.byteLength > 0) parts.push(body);
    if (method === 'PATCH') return state(202);
    const bytes = Buffer.concat(parts);
    const digest = url.searchParams.get('digest') ?? '';
    if (sha256(bytes) !== digest) return refuse(400, 'DIGEST_INVALID');
    this.uploads.delete(id);
    this.blobs.set(digest, bytes);
    return this.#stored(name, digest);
  }

  #stored(name: string, digest: string): Answer {
    this.places.add(`${name}@${digest}`);
    const location = `/v2/${name}/blobs/${digest}`;
    return { status: 201, headers: { location, 'docker-content-digest': digest } };
  }

  #tagList({ url: { searchParams, pathname } }: Request, name: string): Answer {
    const all = [...this.tags.keys()]
      .flatMap((key) => (key.startsWith(`${name}:`) ? [key.slice(name.length + 1)] : []))
      .sort()
      .filter((tag) => tag > (searchParams.get('last') ?? ''));
    const tags = all.slice(0, Number(searchParams.get('n') ?? 100));
    const next = `${pathname}?n=${searchParams.get('n') ?? 100}&last=${tags.at(-1) ?? ''}`;
    const link = tags.length < all.length ? `<${next}>; rel="next"` : undefined;
    if (all.length === 0) return refuse(404, 'NAME_UNKNOWN');
    return { status: 200, headers: { link }, body: JSON.stringify({ name, tags }) };
  }

  #referrers(name: string, subject: string): Answer {
    const manifests = [...this.manifests].flatMap(([key, { type, bytes }]) => {
      const { subject: about } = JSON.parse(bytes.toString()) as { subject?: { digest: string } };
      const digest = key.slice(name.length + 1);
      const isOne = key.startsWith(`${name}@`) && about?.digest === subject;
      return isOne ? [{ mediaType: type, digest, size: bytes.byteLength }] : [];
    });
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
    return { status: 200, headers: { 'content-type': INDEX }, body };
  }
}

export function refuse(status: number, code = 'UNSUPPORTED'): Answer {
  return { status, body: JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }) };
}

/** Serves a registry, changed by a quirk. */
export function quirkyRegistry(registry: Registry, quirk: Quirk): RequestListener {
  return (message, response) => {
    const { method = '', headers } = message;
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const url = new URL(message.url ?? '', `http://${headers.host ?? 'x'}`);
      registry.requests.push(`${method} ${url.pathname}`);
      registry.agents.add(headers['user-agent']);
      const request = { method, url, headers, body: Buffer.concat(chunks) };
      const plain = quirk.before?.(request, registry) ?? registry.answer(request);
      const {
        status,
        headers: named = {},
        body = '',
      } = quirk.after?.(plain, request, registry) ?? plain;
      const all = { 'content-length': String(Buffer.byteLength(body)), ...named };
      for (const [name, value] of Object.entries(all))
        if (value !== undefined) response.setHeader(name, value);
      response.writeHead(status).end(method === 'HEAD' ? undefined : body);
    });
  };
}
