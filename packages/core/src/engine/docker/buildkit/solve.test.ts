import type { Duplex } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { apiAt } from '../../../../testing/docker-target.js';
import { listening } from '../../../../testing/listening.js';
import type { BuildRequest } from '../../engine.js';
import { readMessage, textOf, writeMessage } from './protobuf.js';
import { BuildSession, CallError, type Method } from './session.js';
import { solveBuild } from './solve.js';

const REQUEST: BuildRequest = {
  context: [],
  contexts: new Map([['shared', []]]),
  dockerfile: 'docker/Dockerfile',
  reference: 'a:1',
  args: { A: 'b' },
  labels: { l: 'm' },
};

/** The lines of a build on an engine whose BuildKit answers so, and the request that it got, in words. */
async function solve(solved: Method, request: Partial<BuildRequest> = {}) {
  const words: string[] = [];
  const buildKit = new BuildSession({
    '/moby.buildkit.v1.Control/Solve': async function* (calls, headers) {
      for await (const call of calls) words.push(...inWords(call));
      yield* solved(calls, headers);
    },
    '/moby.buildkit.v1.Control/Status': async function* () {
      yield Buffer.from('progress');
    },
  });
  const onUpgrade = (connection: Duplex) => buildKit.serve(connection);
  const host = await listening(() => undefined, { onUpgrade });
  onTestFinished(() => buildKit[Symbol.dispose]());
  using docker = apiAt(`tcp://${host}`);
  const folderOf = (name: string) => `further-${name}`;
  const lines: unknown[] = [];
  const building = { request: { ...REQUEST, ...request }, session: 'id', folderOf };
  for await (const line of solveBuild(docker, building)) lines.push(JSON.parse(line));
  return { lines, words };
}

/** Fields of a request with a text, or with the entry of a map; its ID is left out. */
function inWords(call: Uint8Array): string[] {
  return [...readMessage(call)].flatMap((field) => {
    if (field.number === 1 || typeof field.value === 'bigint') return [];
    if (![4, 7].includes(field.number)) return [`${field.number} ${textOf(field)}`];
    return [`${field.number} ${[...readMessage(field.value)].map(textOf).join('=')}`];
  });
}

const attribute = (key: string, value: string) =>
  writeMessage({ 1: writeMessage({ 1: key, 2: value }) });

async function* answerNothing(): AsyncIterable<Uint8Array> {
  yield new Uint8Array();
}

it('a build ends with its image, after its progress', async () => {
  const { lines, words } = await solve(async function* () {
    yield Buffer.concat([
      attribute('image.name', 'a'),
      attribute('containerimage.digest', 'sha256:1'),
    ]);
  });
  expect(lines).toEqual([
    { id: 'moby.buildkit.trace', aux: Buffer.from('progress').toString('base64') },
    { aux: { ID: 'sha256:1' } },
  ]);
  expect(words).toEqual([
    '3 moby',
    '4 name=docker.io/library/a:1',
    '5 id',
    '6 dockerfile.v0',
    '7 filename=docker/Dockerfile',
    '7 build-arg:A=b',
    '7 label:l=m',
    '7 image-resolve-mode=default',
    '7 context:shared=local:further-shared',
  ]);
});

it('the parameters of a build are attributes', async () => {
  const { words } = await solve(answerNothing, {
    target: 't',
    platform: 'linux/arm64',
    network: 'host',
    noCache: true,
    pull: true,
    steps: {
      addHosts: [{ name: 'a', address: '10.0.0.2' }],
      shmSize: 4096,
      ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
    },
  });
  expect(words).toEqual(
    expect.arrayContaining([
      ...['7 image-resolve-mode=pull', '7 target=t', '7 platform=linux/arm64', '7 no-cache='],
      ...['7 force-network-mode=host', '7 add-hosts=a=10.0.0.2', '7 shm-size=4096'],
      ...['7 ulimit=nofile=1:2', '9 network.host'],
    ]),
  );
});

it('a failure is that of BuildKit', async () => {
  const { lines } = await solve(() => {
    throw new CallError(2, 'exit code: 3 \u00e9');
  });
  expect(lines.at(-1)).toEqual({ errorDetail: { message: 'exit code: 3 \u00e9' } });
});
