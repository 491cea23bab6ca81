import type { Bytes, CallOptions } from '../../transfer/store.js';
import type { DockerApi } from './docker-api.js';
import { splitLines } from './docker-stream.js';
import { Fields } from './fields.js';
import type { RunRequest } from '../engine.js';

/** Runs one command in a new container, which is always removed afterwards. @returns its exit code */
export async function runInContainer(
  docker: DockerApi,
  { image, command, network, onLine }: RunRequest,
  { signal }: CallOptions = {},
): Promise<number> {
  signal?.throwIfAborted();
  const created = await docker.object('POST', '/containers/create', {
    body: {
      Image: image,
      Entrypoint: [...command.slice(0, 1)],
      Cmd: [...command.slice(1)],
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: { NetworkMode: network },
    },
  });
  const container = docker.client.getContainer(created.string('Id'));
  const stop = () => void container.kill().catch(() => undefined);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    for await (const line of splitLines(contentOf(output))) onLine?.(line);
    const ended = new Fields(await container.wait(), `${docker.location}: end of a container`);
    signal?.throwIfAborted();
    return ended.integer('StatusCode');
  } finally {
    signal?.removeEventListener('abort', stop);
    await container.remove({ force: true, v: true });
  }
}

/** Header of each frame of output: its stream, three zeros, and its size (API 1.41, ContainerAttach). */
const FRAME_HEADER_BYTES = 8;

/** The output of a container, stdout and stderr together, without frame headers. */
async function* contentOf(frames: NodeJS.ReadableStream): Bytes {
  let rest = Buffer.alloc(0);
  for await (const chunk of frames as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield rest.subarray(FRAME_HEADER_BYTES, end);
      rest = rest.subarray(end);
    }
  }
}
