import type { IncomingMessage, ServerResponse } from 'node:http';
import { listening } from '../../packages/core/testing/listening.js';
import { selfSigned } from '../../packages/core/testing/self-signed.js';
import { digestOf } from './served.js';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface RecordedRequest {
  readonly host: string;
  /** `METHOD path` of each request. */
  readonly requests: string[];
  /** The credentials of each request that has any. */
  readonly credentials: string[];
  /** Paths of requests whose connection was closed before the response was complete. */
  readonly cut: string[];
}

/** A server on loopback that records its requests; optionally over TLS with an untrusted certificate. */
export async function recording(
  answer: Answer,
  { isTls = false }: { readonly isTls?: boolean } = {},
): Promise<RecordedRequest> {
  const requests: string[] = [];
  const credentials: string[] = [];
  const cut: string[] = [];
  const host = await listening(
    (request, response) => {
      const { method = '', url = '', headers } = request;
      requests.push(`${method} ${url}`);
      if (headers.authorization !== undefined) credentials.push(headers.authorization);
      response.once('close', () => response.writableFinished || cut.push(url));
      answer(response, request);
    },
    isTls ? { tls: await selfSigned() } : {},
  );
  return { host, requests, credentials, cut };
}

const CONFIG = '{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}';
const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: TYPE,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(CONFIG),
    size: CONFIG.length,
  },
  layers: [],
});

/** The digest of the config of the image that {@link sendManifest} sends. */
export const CONFIG_DIGEST = digestOf(CONFIG);

/** Sends the manifest of an image without layers. */
export function sendManifest(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': TYPE,
    'content-length': MANIFEST.length,
    'docker-content-digest': digestOf(MANIFEST),
  });
  response.end(response.req.method === 'HEAD' ? undefined : MANIFEST);
}

/** Answers the API version and manifests itself, and other requests by `others`. */
export const registryWith =
  (others: Answer): Answer =>
  (response, request) => {
    const { url = '' } = request;
    if (url === '/v2/') response.end('{}');
    else if (url.includes('/manifests/')) sendManifest(response);
    else others(response, request);
  };

/** Sends a Basic challenge (401). */
export function askBasic(response: ServerResponse): void {
  response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
}
