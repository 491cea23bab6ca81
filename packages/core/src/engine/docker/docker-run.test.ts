import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Fields } from './fields.js';
import type { DockerApi } from './docker-api.js';
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

function engine({ output = Buffer.alloc(0), code = 0, fails = '', chunk = 5 }: Behavior = {}) {
  const calls: string[] = [];
  const bodies: unknown[] = [];
  const call = (method: string, path: string) => {
    calls.push(`${method} ${path}`);
    if (fails !== '' && path.endsWith(fails)) throw new TypeError('mine');
  };
  const docker = {
    object: async (method: string, path: string, options?: { body?: unknown }) => {
      call(method, path);
      bodies.push(options?.body);
      return new Fields({ Id: 'c', StatusCode: code }, path);
    },
    text: async (method: string, path: string) => {
      call(method, path);
      return '';
    },
    stream: async (method: string, path: string) => {
      call(method, path);
      const chunks: Buffer[] = [];
      for (let at = 0; at < output.length; at += chunk)
        chunks.push(output.subarray(at, at + chunk));
      return Readable.from(chunks);
    },
  };
  return { docker: docker as unknown as DockerApi, calls, bodies };
}

const REQUEST = { image: 'app:1', command: ['/bin/sh', '-c', 'x'], network: 'none' };

describe('a command in a container', () => {
  it.each([1, 5, 1000])('gives its lines and its code, in chunks of %i', async (chunk) => {
    const output = Buffer.concat([frame('one\ntw'), frame('o\n'), frame(''), frame('three')]);
    const { docker, bodies } = engine({ output, code: 3, chunk });
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
    const { docker, calls } = engine();
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
    const { docker, calls } = engine({ fails: '/start' });
    await expect(runInContainer(docker, REQUEST)).rejects.toThrow('mine');
    expect(calls.at(-1)).toBe('DELETE /containers/c');
  });

  it('is killed and removed at an abort', async () => {
    const controller = new AbortController();
    const { docker, calls } = engine({ output: frame('one\n') });
    const onLine = () => controller.abort(new TypeError('stopped'));
    const { signal } = controller;
    await expect(runInContainer(docker, { ...REQUEST, onLine }, { signal })).rejects.toThrow(
      'stopped',
    );
    expect(calls).toContain('POST /containers/c/kill');
    expect(calls.at(-1)).toBe('DELETE /containers/c');
  });

  it('is not created after an abort', async () => {
    const { docker, calls } = engine();
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(runInContainer(docker, REQUEST, { signal })).rejects.toThrow('stopped');
    expect(calls).toEqual([]);
  });
});
