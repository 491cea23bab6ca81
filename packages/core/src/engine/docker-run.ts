import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { CallOptions } from '../transfer/store.js';
import { splitLines } from './docker-stream.js';
import type { RunRequest } from './engine.js';

/** Runs one command in a container that is gone afterwards, whatever happens. @returns its exit code */
export async function runInContainer(
  docker: Docker,
  { image, command, network, onLine }: RunRequest,
  { signal }: CallOptions = {},
): Promise<number> {
  signal?.throwIfAborted();
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: [...command.slice(0, 1)],
    Cmd: [...command.slice(1)],
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: { NetworkMode: network },
  });
  const stop = () => void container.kill().catch(() => undefined);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    const output = new PassThrough();
    docker.modem.demuxStream(stream, output, output);
    stream.once('end', () => output.end());
    stream.once('error', (error: Error) => output.destroy(error));
    await container.start();
    for await (const line of splitLines(output)) onLine?.(line);
    const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
    signal?.throwIfAborted();
    return code;
  } finally {
    signal?.removeEventListener('abort', stop);
    await container.remove({ force: true, v: true });
  }
}
