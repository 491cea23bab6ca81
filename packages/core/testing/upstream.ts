import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { RegistryClient } from '../src/distribution/transport/client.js';
import { listen } from '../src/lifecycle/serve/listen.js';
import { registryHandler } from '../src/registry/handler/handler.js';
import { RegistryMirror } from '../src/registry/mirror/mirror.js';
import { RegistryStore } from '../src/registry/storage/registry-store.js';
import { surroundingsOf } from '../src/surroundings.js';
import { listening } from './listening.js';
import { sha256 } from './pushing.js';
import { temporaryFolder } from './temporary.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Answers a request in place of the registry; false leaves it to the registry. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A registry that is mirrored: one image `app:1`, served over HTTP, with faults that can be switched while it runs. */
export class TestUpstream {
  fault: Fault = () => false;
  /** Requests, as `METHOD /path`. */
  readonly requests: string[] = [];
  /** Paths of responses that were cut by the client. */
  readonly cut: string[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly manifest: Buffer;
  readonly layer: string;
  readonly config: string;
  address = '';

  constructor(layer: Buffer = Buffer.alloc(300_000, 'x')) {
    const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers"}}');
    this.layer = this.#add(layer);
    this.config = this.#add(config);
    this.manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: {
          mediaType: 'application/vnd.oci.image.config.v1+json',
          digest: this.config,
          size: config.byteLength,
        },
        layers: [
          {
            mediaType: 'application/vnd.oci.image.layer.v1.tar',
            digest: this.layer,
            size: layer.byteLength,
          },
        ],
      }),
    );
  }

  async start(): Promise<this> {
    this.address = await listening((request, response) => this.#answer(request, response));
    return this;
  }

  /** The content of a blob. */
  bytesOf(digest: string): Buffer {
    return this.blobs.get(digest) ?? Buffer.alloc(0);
  }

  #add(bytes: Buffer): string {
    const digest = sha256(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '' } = request;
    this.requests.push(`${method} ${url}`);
    response.once('close', () => response.writableFinished || this.cut.push(url));
    if (this.fault(request, response)) return;
    const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    const isManifest = kind === 'manifests' && ['1', sha256(this.manifest)].includes(reference);
    const bytes = isManifest
      ? this.manifest
      : kind === 'blobs'
        ? this.blobs.get(reference)
        : undefined;
    if (!bytes) return void response.writeHead(404).end('{}');
    const [, from, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const part = bytes.subarray(Number(from ?? 0), last ? Number(last) + 1 : undefined);
    response.writeHead(from === undefined ? 200 : 206, {
      'content-type': isManifest ? MANIFEST : 'application/octet-stream',
      'docker-content-digest': sha256(bytes),
      'content-length': part.byteLength,
      ...(from === undefined
        ? {}
        : {
            'content-range': `bytes ${from}-${Number(from) + part.byteLength - 1}/${bytes.byteLength}`,
          }),
    });
    response.end(method === 'HEAD' ? undefined : part);
  }
}

/** Upstream registries by name; '' for the default. */
export type TestUpstreams = Readonly<Record<string, { readonly address: string }>>;

/** Serves a mirror over HTTP until the test ends. @returns its URL and its folder */
export async function serveMirror(
  upstreams: TestUpstreams,
  { timeout = 5_000, maxUsed }: { readonly timeout?: number; readonly maxUsed?: number } = {},
): Promise<{ readonly url: string; readonly root: string }> {
  const root = await temporaryFolder();
  const opened = await Promise.all(
    Object.entries(upstreams).map(async ([name, { address }]) => ({
      name: name === '' ? undefined : name,
      prefix: '',
      client: await RegistryClient.open(address, {
        credentials: async () => ({ username: 'ada', password: 'secret' }),
        plainHttp: true,
        retries: 1,
        timeout,
        isRelay: true,
        surroundings: surroundingsOf(),
      }),
    })),
  );
  const storage = new RegistryMirror(new RegistryStore(root, { maxUsed }), opened);
  const { namespaces } = storage;
  const handler = registryHandler({ reader: storage, storage, namespaces });
  const server = await listen(handler, { host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await storage[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  return { url: server.url, root };
}
