import { randomUUID } from 'node:crypto';
import { connect, type ClientHttp2Session } from 'node:http2';
import { debug } from '../../../debug.js';
import { canonicalReference } from '../../../oci/reference.js';
import type { CallOptions } from '../../../transfer/store.js';
import type { BuildRequest } from '../../engine.js';
import type { DockerApi } from '../docker-api.js';
import { requestError } from '../docker-errors.js';
import { readCalls, writeCall } from './grpc.js';
import { readMessage, textOf, writeMessage } from './protobuf.js';
import { TRACE } from './read-build.js';
import { Status } from './session.js';

const CONTROL = '/moby.buildkit.v1.Control';
/** Fields of a request (BuildKit, api/services/control, SolveRequest). The exporter is one, with its attributes. */
const Solve = {
  ...{ ref: 1, exporter: 3, exporterAttributes: 4, session: 5 },
  ...{ frontend: 6, frontendAttributes: 7, entitlements: 9 },
} as const;
/** The first field of a request for the progress, and of the answer to a build. */
const FIRST = 1;
/** The attribute of an answer with the ID of the image, in either image store. */
const IMAGE_ID = 'containerimage.digest';
const HOST_NETWORK = 'host';

/** A build with further contexts, and the session on which BuildKit takes their files. */
export interface Solving extends CallOptions {
  readonly request: BuildRequest;
  /** ID of the session. */
  readonly session: string;
  /** The name of a further context's folder in the session. */
  readonly folderOf: (name: string) => string;
}

/**
 * Builds with BuildKit's own API in a Docker Engine (`POST /grpc`, Docker Engine API 1.39), as docker's plugin buildx does.
 *
 * @returns the lines of the response to `POST /build` of the same build
 * @throws ImageError UNAVAILABLE
 */
export async function* solveBuild(docker: DockerApi, solving: Solving): AsyncIterable<string> {
  const { signal } = solving;
  const connection = await docker.upgrade('/grpc', 'h2c', { headers: {}, signal });
  const client = connect('http://buildkit', { createConnection: () => connection });
  const stop = () => client.destroy();
  client.on('error', (error: Error) => debug('engine', () => `BuildKit: ${error.message}`));
  signal?.addEventListener('abort', stop);
  try {
    const ref = randomUUID();
    const solved = readSolved(client, solveRequest(ref, solving));
    // It is awaited after the progress, which ends with it.
    solved.catch(() => undefined);
    const progress = call(client, 'Status', writeMessage({ [FIRST]: ref }));
    for await (const message of progress.messages)
      yield line({ id: TRACE, aux: Buffer.from(message).toString('base64') });
    yield line(await solved);
  } catch (error) {
    throw requestError(docker.location, error, signal);
  } finally {
    signal?.removeEventListener('abort', stop);
    client.destroy();
  }
}

/** The last line: the image, or the failure. */
async function readSolved(client: ClientHttp2Session, request: Uint8Array): Promise<object> {
  const { messages, status } = call(client, 'Solve', request);
  const attributes = new Map<string, string>();
  for await (const message of messages)
    for (const { number, value } of readMessage(message)) {
      if (number !== FIRST || typeof value === 'bigint') continue;
      const [key, content] = [...readMessage(value)].map(textOf);
      attributes.set(key ?? '', content ?? '');
    }
  const { code, message } = await status;
  if (code !== Status.ok) return { errorDetail: { message } };
  return { aux: { ID: attributes.get(IMAGE_ID) } };
}

/** Calls a method of BuildKit. The status is that after its last message. */
function call(client: ClientHttp2Session, method: 'Solve' | 'Status', message: Uint8Array) {
  const stream = client.request({
    ':method': 'POST',
    ':path': `${CONTROL}/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const status = new Promise<{ readonly code: number; readonly message: string }>((resolve) => {
    const read = (headers: Readonly<Record<string, unknown>>) => {
      if (headers['grpc-status'] === undefined) return;
      const text = headers['grpc-message'];
      const message = typeof text === 'string' ? decode(text) : '';
      resolve({ code: Number(headers['grpc-status']), message });
    };
    // Without a message, the status is in the headers.
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('close', () => resolve({ code: Status.unknown, message: 'BuildKit went away' }));
  });
  stream.end(writeCall(message));
  return { messages: readCalls(stream), status };
}

function solveRequest(ref: string, { request, session, folderOf }: Solving): Buffer {
  const { reference, network, contexts = new Map<string, unknown>() } = request;
  const further = [...contexts.keys()].map(
    (name) => [`context:${name}`, `local:${folderOf(name)}`] as const,
  );
  return Buffer.concat([
    writeMessage({ [Solve.ref]: ref, [Solve.exporter]: 'moby' }),
    writeMap(Solve.exporterAttributes, { name: canonicalReference(reference) }),
    writeMessage({ [Solve.session]: session, [Solve.frontend]: 'dockerfile.v0' }),
    writeMap(Solve.frontendAttributes, {
      ...attributesOf(request),
      ...Object.fromEntries(further),
    }),
    ...(network === HOST_NETWORK ? [writeMessage({ [Solve.entitlements]: 'network.host' })] : []),
  ]);
}

/** The attributes of the frontend for Dockerfiles, as the engine makes them from the parameters of `POST /build`. */
function attributesOf(request: BuildRequest): Readonly<Record<string, string>> {
  const {
    dockerfile,
    target,
    args,
    labels,
    platform,
    network,
    noCache,
    pull,
    steps = {},
  } = request;
  const { addHosts, shmSize, ulimits } = steps;
  const prefixed = (prefix: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, value]) => [`${prefix}:${key}`, value] as const);
  const hosts = addHosts?.map(({ name, address }) => `${name}=${address}`);
  const limits = ulimits?.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`);
  return {
    filename: dockerfile,
    ...Object.fromEntries([...prefixed('build-arg', args), ...prefixed('label', labels)]),
    'image-resolve-mode': pull ? 'pull' : 'default',
    ...(target === undefined ? {} : { target }),
    ...(platform === undefined ? {} : { platform }),
    ...(network === undefined || network === 'default' ? {} : { 'force-network-mode': network }),
    ...(noCache ? { 'no-cache': '' } : {}),
    ...(hosts ? { 'add-hosts': hosts.join(',') } : {}),
    ...(shmSize === undefined ? {} : { 'shm-size': String(shmSize) }),
    ...(limits ? { ulimit: limits.join(',') } : {}),
  };
}

/** A map of texts, as the entries that it is in a message (Protocol Buffers, Maps). */
function writeMap(field: number, map: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(map);
  return Buffer.concat(
    entries.map(([key, value]) => writeMessage({ [field]: writeMessage({ 1: key, 2: value }) })),
  );
}

/** A text with bytes as `%C3` (gRPC over HTTP/2, Percent-Byte-Encoded). */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function line(message: object): string {
  return `${JSON.stringify(message)}\n`;
}
