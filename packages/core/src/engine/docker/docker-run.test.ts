import { pipeline } from 'node:stream/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inChunks } from '../../../testing/chunks.js';
import { apiAt } from '../../../testing/docker-target.js';
import { listening } from '../../../testing/listening.js';
import { bodyOfRequest } from '../../../testing/registry-client.js';
import { runInContainer } from './docker-run.js';

/** A frame of output, as the engine sends it. */
function frame(text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

interface Behavior {
  readonly output?: Buffer;
  readonly code?: number;
  readonly fails?: string;
  readonly chunk?: number;
}

/** An engine that runs each command alike. Its calls have no query. */
async function engine({
  output = Buffer.alloc(0),
  code = 0,
  fails = '',
  chunk = 5,
}: Behavior = {}) {
  const calls: string[] = [];
  const bodies: unknown[] = [];
  const host = await listening((request, response) => {
    void bodyOfRequest(request).then(async (body) => {
      const path = request.url?.replace(/\?.*/, '') ?? '';
      calls.push(`${request.method} ${path}`);
      if (body !== '') bodies.push(JSON.parse(body));
      if (fails !== '' && path.endsWith(fails)) response.writeHead(500).end('{"message":"mine"}');
      else if (path.endsWith('/attach')) await pipeline(inChunks(output, chunk), response);
      else response.end(JSON.stringify({ Id: 'c', StatusCode: code }));
    });
  });
  const docker = apiAt(`tcp://${host}`);
  onTestFinished(() => docker[Symbol.dispose]());
  return { docker, calls, bodies };
}

const REQUEST = { image: 'app:1', command: ['/bin/sh', '-c', 'x'], network: 'none' };

describe('a command in a container', () => {
  it.each([1, 5, 1000])('gives its lines and its code, in chunks of %i', async (chunk) => {
    const output = Buffer.concat([frame('one\ntw'), frame('o\n'), frame(''), frame('three')]);
    const { docker, bodies } = await engine({ output, code: 3, chunk });
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    expect(await runInContainer(docker, { ...REQUEST, onLine })).toBe(3);
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(bodies[0]).toMatchObject({
      Image: 'app:1',
      Entrypoint: ['/bin/sh'],
      Cmd: ['-c', 'x'],
      HostConfig: { NetworkMode: 'none' },
    });
  });

  it('is attached before it starts, and removed after it ended', async () => {
    const { docker, calls } = await engine();
    await runInContainer(docker, REQUEST);
    expect(calls).toEqual([
      'POST /containers/create',
      'POST /containers/c/attach',
      'POST /containers/c/start',
      'POST /containers/c/wait',
      'DELETE /containers/c',
    ]);
  });

  it('is removed when it cannot start', async () => {
    const { docker, calls } = await engine({ fails: '/start' });
    await expect(runInContainer(docker, REQUEST)).rejects.toThrow('mine');
    expect(calls.at(-1)).toBe('DELETE /containers/c');
  });

  it('is killed and removed at an abort', async () => {
    const controller = new AbortController();
    const { docker, calls } = await engine({ output: frame('one\n') });
    const onLine = () => controller.abort(new TypeError('stopped'));
    const { signal } = controller;
    await expect(runInContainer(docker, { ...REQUEST, onLine }, { signal })).rejects.toThrow(
      'stopped',
    );
    expect(calls).toContain('POST /containers/c/kill');
    expect(calls.at(-1)).toBe('DELETE /containers/c');
  });

  it('is not created after an abort', async () => {
    const { docker, calls } = await engine();
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(runInContainer(docker, REQUEST, { signal })).rejects.toThrow('stopped');
    expect(calls).toEqual([]);
  });
});
