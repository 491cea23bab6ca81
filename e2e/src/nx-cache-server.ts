import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A remote cache as Nx asks for it: `GET` and `PUT /v1/cache/{hash}` with a token (nx.dev, self-hosted caching). */
export interface NxCacheServer {
  /** Variables that make Nx use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Sizes in bytes of the results of tasks, by hash. */
  readonly sizes: () => ReadonlyMap<string, number>;
}

const TOKEN = 'token';

/** Starts a remote cache of Nx in memory; it stops when the test ends. */
export async function nxCacheServer(): Promise<NxCacheServer> {
  const results = new Map<string, Buffer>();
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    const [, hash] = /^\/v1\/cache\/([^/]+)$/.exec(url) ?? [];
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const known = hash === undefined ? undefined : results.get(hash);
      if (headers.authorization !== `Bearer ${TOKEN}`) outgoing.writeHead(401).end();
      else if (hash !== undefined && method === 'PUT') {
        if (!known) results.set(hash, Buffer.concat(chunks));
        outgoing.writeHead(known ? 409 : 200).end();
      } else if (known)
        outgoing.writeHead(200, { 'content-type': 'application/octet-stream' }).end(known);
      else outgoing.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    env: {
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: TOKEN,
    },
    sizes: () => new Map([...results].map(([hash, { byteLength }]) => [hash, byteLength])),
  };
}
