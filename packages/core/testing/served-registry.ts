import type { IncomingMessage, ServerResponse } from 'node:http';
import { registryHandler } from '../src/registry/handler/handler.js';
import { RegistryStore } from '../src/registry/storage/registry-store.js';
import { listening } from './listening.js';
import { clientOfRegistry } from './pushing.js';
import { temporaryFolder } from './temporary.js';

/** Answers a request in place of the registry. @returns whether it did */
export type Before = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Docker's `docker-registry` 2.8 deletes manifests by their digest only. */
export const refusesTagDeletion: Before = ({ method, url = '' }, response) => {
  const refused = method === 'DELETE' && !url.includes('/manifests/sha256:');
  if (refused) response.writeHead(405).end();
  return refused;
};

/** Serves a registry in a folder of its own, until the test ends. */
export async function servedRegistry(before: Before = () => false) {
  const root = await temporaryFolder();
  const store = new RegistryStore(root);
  const handle = registryHandler({ reader: store, storage: store });
  /** Requests, as `METHOD /path`. */
  const requests: string[] = [];
  const host = await listening((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (!before(request, response)) handle(request, response);
  });
  return { host, root, requests, ...clientOfRegistry(`http://${host}`) };
}

/** Answers as a registry without the referrers API. */
export const withoutReferrers: Before = ({ url = '' }, response) => {
  const setHeader = response.setHeader.bind(response);
  const writeHead = response.writeHead.bind(response);
  response.setHeader = (name, value) =>
    name.toLowerCase() === 'oci-subject' ? response : setHeader(name, value);
  response.writeHead = ((status: number, headers: Record<string, string> = {}) => {
    const { 'oci-subject': _, ...others } = headers;
    return writeHead(status, others);
  }) as typeof response.writeHead;
  const refused = url.includes('/referrers/');
  if (refused) response.writeHead(404).end();
  return refused;
};
