import { describe, expect, it } from 'vitest';
import { dockerHosts, dockerOptions } from './docker-host.js';
import { readDockerStream } from './docker-stream.js';

async function* chunks(...texts: string[]): AsyncIterable<string> {
  yield* texts;
}

describe("an engine's answer", () => {
  it('gives its lines as events, split anywhere', async () => {
    const seen: string[] = [];
    const options = {
      location: 'x',
      onEvent: ({ text }: { text: string }) => void seen.push(text),
    };
    await readDockerStream(
      chunks('{"stream":"Step 1/2', '\\n"}\n{"status":"Loading', ' layer","id":"abc"}\n'),
      options,
    );
    expect(seen).toEqual(['Step 1/2', 'Loading layer abc']);
  });

  it('is an error when a line says so, in the words of the engine and with its last lines', async () => {
    const answer = readDockerStream(
      chunks('{"stream":"Step 2/2 : RUN false"}\n{"error":"returned a non-zero code: 1"}\n'),
      { location: 'docker-daemon:x' },
    );
    await expect(answer).rejects.toMatchObject({ code: 'INVALID' });
    await expect(answer).rejects.toThrow(/non-zero code: 1\n {2}Step 2\/2 : RUN false/);
  });

  it('carries results', async () => {
    expect(
      await readDockerStream(chunks('{"aux":{"ID":"sha256:1"}}\n'), { location: 'x' }),
    ).toEqual([{ ID: 'sha256:1' }]);
  });
});

describe('a docker host', () => {
  it.each([
    [undefined, { DOCKER_HOST: 'tcp://h:1' }, ['tcp://h:1']],
    ['unix:///s', { DOCKER_HOST: 'tcp://h:1' }, ['unix:///s']],
    [
      undefined,
      { HOME: '/h', XDG_RUNTIME_DIR: '/r' },
      ['unix:///var/run/docker.sock', 'unix:///r/docker.sock', 'unix:///h/.docker/run/docker.sock'],
    ],
  ])('%j with %j', (host, env, expected) => {
    expect(dockerHosts(host, env, 'linux')).toEqual(expected);
  });

  it.each([
    ['unix:///run/d.sock', { socketPath: '/run/d.sock' }],
    ['tcp://h:2375', { protocol: 'http', host: 'h', port: '2375' }],
    ['tcp://h', { protocol: 'http', host: 'h', port: 2375 }],
    ['ssh://me@h', { protocol: 'ssh', host: 'h', username: 'me' }],
  ])('%s', (host, expected) => {
    expect(dockerOptions(host, {})).toMatchObject(expected);
  });

  it.each(['', '/var/run/docker.sock', 'ftp://h'])('refuses %j', (host) => {
    expect(() => dockerOptions(host, {})).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });
});
