import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { targetAt } from '../../../testing/docker-target.js';
import { listening } from '../../../testing/listening.js';
import type { BuildRequest } from '../engine.js';
import { DockerEngine } from './docker.js';

const REQUEST: BuildRequest = {
  context: [],
  dockerfile: 'Dockerfile',
  reference: 'a:1',
  args: {},
  labels: {},
};

/** The parameters of the build that an engine gets; as podman it answers as podman does. */
async function sent(
  request: Partial<BuildRequest>,
  kind: 'docker' | 'podman' = 'docker',
  onBuild: (request: IncomingMessage) => Promise<void> = async () => undefined,
) {
  let query = new URLSearchParams();
  const answer = async (asked: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(asked.url ?? '', 'http://engine');
    if (pathname === '/build') {
      query = searchParams;
      await onBuild(asked);
    }
    if (kind === 'podman') response.setHeader('Libpod-API-Version', '5.8.6');
    response.end('{"error":"that is all"}');
  };
  const host = await listening((asked, response) => void answer(asked, response));
  await using engine = new DockerEngine(kind, targetAt(`tcp://${host}`));
  await expect(engine.build({ ...REQUEST, ...request })).rejects.toThrow('that is all');
  return query;
}

it('further contexts are parts of a form beside the context', async () => {
  const file = (text: string) => ({
    name: 'f',
    size: text.length,
    open: () => [Buffer.from(text)],
  });
  let body = '';
  let type = '';
  const contexts = new Map([['shared', [file('two')]]]);
  await sent({ context: [file('one')], contexts }, 'podman', async (request) => {
    type = request.headers['content-type'] ?? '';
    body = await text(request);
  });
  const [, boundary = ''] = /^multipart\/form-data; boundary=([\w-]+)$/.exec(type) ?? [];
  const [before, main, further, end] = body.split(`--${boundary}`);
  expect([before, end]).toEqual(['', '--\r\n']);
  expect(main).toMatch(/^\r\n.*name="MainContext".*application\/x-tar\r\n\r\nf\0.*one\0.*\r\n$/s);
  expect(further).toMatch(/name="build-context-shared".*\r\n\r\nf\0.*two\0/s);
});

it('what steps run with is sent as the engine reads it', async () => {
  const steps = {
    addHosts: [
      { name: 'a', address: '10.0.0.2' },
      { name: 'six', address: '::1' },
    ],
    shmSize: 4096,
    ulimits: [{ name: 'nofile', soft: 64, hard: 128 }],
  };
  const docker = await sent({ steps });
  expect(docker.getAll('extrahosts')).toEqual(['a:10.0.0.2', 'six:::1']);
  expect(docker.get('ulimits')).toBe('[{"Name":"nofile","Soft":64,"Hard":128}]');
  expect(docker.get('shmsize')).toBe('4096');
  const podman = await sent({ steps }, 'podman');
  expect(podman.getAll('extrahosts')).toEqual(['["a:10.0.0.2","six:::1"]']);
  expect(podman.get('ulimits')).toBe('["nofile=64:128"]');
  expect(podman.get('shmsize')).toBe('4096');
});

it('the cache and the registries are asked as the build wants it', async () => {
  const all = await sent({ noCache: true, pull: true });
  expect([all.get('nocache'), all.get('pull')]).toEqual(['true', 'true']);
  expect([...(await sent({ noCache: false, pull: false, steps: {} })).keys()].toSorted()).toEqual([
    'buildargs',
    'dockerfile',
    'forcerm',
    'labels',
    't',
  ]);
});
