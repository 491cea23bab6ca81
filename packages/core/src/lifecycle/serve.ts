import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { ImageError, systemCode } from '../errors.js';
import { registryHandler, type Answered } from '../registry/handler.js';
import { HostedStore } from '../store/hosted-store.js';
import type { Hosted, Hosting } from '../transfer/hosted.js';
import type { Bytes } from '../transfer/store.js';
import { LAYOUT_FILE } from '../oci/layout.js';
import type { Opened } from '../open.js';
import { statIfThere } from '../disk/allocated.js';
import type { VerbOptions } from './call.js';
import { filesMatching } from './files-matching.js';
import { HostedArchives } from './hosted-archives.js';
import { expanded } from './push-items.js';
import { openEngine, openIn, type Workspace } from './workspace.js';

export interface ServeOptions extends VerbOptions {
  readonly cwd: string;
  readonly stdin: () => Bytes;
  /** Where content is kept; `.stowage/registry` of the workspace when omitted. */
  readonly root?: string | undefined;
  /** `HOST:PORT`; a free port of this machine alone when omitted. */
  readonly listen?: string | undefined;
  readonly readOnly?: boolean | undefined;
  readonly onAnswered?: (answered: Answered) => void;
}

/** A registry that runs until it is disposed of. */
export interface Serving extends AsyncDisposable {
  /** `http://127.0.0.1:5000` */
  readonly url: string;
}

/** A folder of this registry's own, or, where inputs are named, those, to be read. */
async function openHosted(
  workspace: Workspace,
  inputs: readonly string[],
  { root, readOnly, ...options }: ServeOptions,
): Promise<{ readonly hosted: Hosted; readonly hosting?: Hosting }> {
  const { cwd } = options;
  if (inputs.length === 0) {
    const own = root === undefined ? join(workspace.place.state, 'registry') : resolve(cwd, root);
    const store = new HostedStore(own);
    return readOnly ? { hosted: store } : { hosted: store, hosting: store };
  }
  if (root !== undefined)
    throw new ImageError('USAGE', '--root: expected no inputs beside it, got some', {
      hint: 'Inputs are served as they are, read-only; --root is what can be written.',
    });
  const opened: Opened[] = [];
  try {
    for (const input of await archivesIn(inputs, cwd))
      opened.push(
        await openIn(workspace, input, {
          ...options,
          engine: () => openEngine(workspace, options),
        }),
      );
    return { hosted: await HostedArchives.open(opened, options) };
  } catch (error) {
    for (const { source } of opened) await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** Patterns, and folders that are no layouts, stand for the archives in them. */
async function archivesIn(inputs: readonly string[], cwd: string): Promise<string[]> {
  const all: string[] = [];
  for (const input of await expanded(inputs, cwd)) {
    const path = resolve(cwd, input);
    const isFolder = (await statIfThere(path))?.isDirectory() ?? false;
    const found =
      isFolder && !(await statIfThere(join(path, LAYOUT_FILE)))
        ? (await filesMatching(path, ['**/*.tar', '**/*.tar.*'])).sort()
        : [input];
    if (found.length === 0)
      throw new ImageError('NOT_FOUND', `${input}: expected archives in it, got none`, {
        location: input,
      });
    all.push(...found);
  }
  return all;
}

/** How long a client may take to send the head of a request, and do nothing while it sends the rest (ms). */
const HEAD_TIME = 20_000;
const IDLE = 60_000;

/** Starts a registry. @throws ImageError USAGE (an address), CONFLICT (somebody listens there) */
export async function serve(
  workspace: Workspace,
  inputs: readonly string[],
  options: ServeOptions,
): Promise<Serving> {
  const { onAnswered } = options;
  const { hosted, hosting } = await openHosted(workspace, inputs, options);
  const handler = registryHandler({ hosted, hosting, ...(onAnswered ? { onAnswered } : {}) });
  // Uploads may take as long as they move.
  const server = createServer({ requestTimeout: 0, headersTimeout: HEAD_TIME }, handler);
  server.timeout = IDLE;
  const { host, port } = addressIn(options.listen ?? '127.0.0.1:0');
  await listen(server, host, port);
  const bound = server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return {
    url: `http://${name}:${bound.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeIdleConnections();
      await new Promise<void>((done) => {
        server.close(() => done());
        // What still runs gets a moment.
        setTimeout(() => server.closeAllConnections(), GRACE).unref();
      });
      await hosted[Symbol.asyncDispose]();
    },
  };
}

const GRACE = 5_000;

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (cause) => {
      const code = systemCode(cause);
      failed(
        new ImageError(
          code === 'EADDRINUSE' ? 'CONFLICT' : 'USAGE',
          `--listen ${host}:${port}: expected an address to listen on, got ${code}`,
          { hint: 'Choose another port, or 0 for any that is free.', cause },
        ),
      );
    });
    server.listen({ host, port }, done);
  });
}

/** @throws ImageError USAGE */
function addressIn(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  if (host !== '' && Number(port) <= 65_535 && port !== '') return { host, port: Number(port) };
  throw new ImageError('USAGE', `--listen: expected HOST:PORT, got ${JSON.stringify(text)}`, {
    hint: 'For example --listen 127.0.0.1:5000.',
  });
}
