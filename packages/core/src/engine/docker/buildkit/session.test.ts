import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../../../testing/temporary.js';
import { readCalls, writeCall } from './grpc.js';
import type { BuildAnswers } from '../../engine.js';
import { sessionMethods } from './methods.js';
import { readMessage, textOf, writeMessage } from './protobuf.js';
import { BuildSession } from './session.js';

const GET_SECRET = '/moby.buildkit.secrets.v1.Secrets/GetSecret';
const CREDENTIALS = '/moby.filesync.v1.Auth/Credentials';
/** A request for an SSH agent. */
const LIST_KEYS = '\0\0\0\x01\x0b';
const CHECK = '/moby.sshforward.v1.SSH/CheckAgent';
const FORWARD = '/moby.sshforward.v1.SSH/ForwardAgent';

/** Two ends of a connection in memory. */
function connection(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const end = (other: () => Duplex | undefined) =>
    new Duplex({
      read: () => undefined,
      write: (chunk, _, done) => (other()?.push(chunk), done()),
      final: (done) => (other()?.push(null), done()),
    });
  ends.push(
    end(() => ends[1]),
    end(() => ends[0]),
  );
  return ends as [Duplex, Duplex];
}

/** A session that serves, and its builder, which calls it. */
function open(answers: BuildAnswers) {
  const session = new BuildSession(sessionMethods(answers));
  const [ours, theirs] = connection();
  session.serve(ours);
  const builder = connectHttp2('http://localhost', { createConnection: () => theirs });
  onTestFinished(() => {
    builder.destroy();
    session[Symbol.dispose]();
  });
  return { session, builder };
}

/** Calls a method with one message. @returns the texts of the answer's fields, or the status of the refusal */
async function call(
  builder: ClientHttp2Session,
  path: string,
  message: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
) {
  const stream = builder.request({ ...headers, ':method': 'POST', ':path': path, te: 'trailers' });
  const trailers = new Promise<Record<string, unknown>>((resolve) =>
    stream.on('trailers', (headers: Record<string, unknown>) => resolve(headers)),
  );
  stream.end(writeCall(message));
  const answers: string[] = [];
  for await (const answer of readCalls(stream))
    answers.push(...[...readMessage(answer)].map(textOf));
  const { 'grpc-status': status } = await trailers;
  return status === '0' ? answers : Number(status);
}

it('gives the builder the secrets of the build, and no others', async () => {
  const { builder } = open({ secrets: new Map([['token', Buffer.from('s3cret')]]) });
  expect(await call(builder, GET_SECRET, writeMessage({ 1: 'token' }))).toEqual(['s3cret']);
  expect(await call(builder, GET_SECRET, writeMessage({ 1: 'HOME' }))).toBe(5);
});

it('gives the builder the login of a registry, or none', async () => {
  const asked: string[] = [];
  const login = async (registry: string) => {
    asked.push(registry);
    return registry === 'docker.io' ? { user: 'ada', password: 'x' } : undefined;
  };
  const { builder } = open({ login });
  const of = (host: string) => call(builder, CREDENTIALS, writeMessage({ 1: host }));
  expect(await of('registry-1.docker.io')).toEqual(['ada', 'x']);
  expect(await of('registry.example.com')).toEqual([]);
  expect(asked).toEqual(['docker.io', 'registry.example.com']);
});

it('connects a step to the SSH agent, in both directions', async () => {
  const path = join(await temporaryFolder(), 'agent.sock');
  const agent = createServer((socket) =>
    socket.on('data', (data) => socket.end(`echo ${data.toString()}`)),
  );
  await new Promise<void>((resolve) => agent.listen(path, resolve));
  onTestFinished(() => void agent.close());
  const { builder } = open({
    sshAgents: new Map([
      ['default', path],
      ['site', path],
    ]),
  });
  const ask = (id: string) =>
    call(builder, FORWARD, writeMessage({ 1: LIST_KEYS }), { 'buildkit.ssh.id': id });
  expect(await ask('default')).toEqual([`echo ${LIST_KEYS}`]);
  expect(await ask('site')).toEqual([`echo ${LIST_KEYS}`]);
  expect(await ask('other')).toBe(5);
  const remove = Buffer.from([0, 0, 0, 1, 19]);
  expect(await call(builder, FORWARD, writeMessage({ 1: remove }))).toBe(2);
  const check = (id: string) => call(builder, CHECK, writeMessage({ 1: id }));
  expect(await check('site')).toEqual([]);
  expect(await check('')).toEqual([]);
  expect(await check('other')).toBe(5);
});

it('names the methods that it serves, and refuses all others', async () => {
  const { session, builder } = open({});
  expect(session.headers['x-docker-expose-session-uuid']).toBe(session.id);
  expect(session.headers['x-docker-expose-session-grpc-method']).toEqual([
    '/grpc.health.v1.Health/Check',
    GET_SECRET,
    CREDENTIALS,
  ]);
  expect(await call(builder, FORWARD, new Uint8Array())).toBe(12);
});

it('is healthy', async () => {
  const { builder } = open({});
  expect(await call(builder, '/grpc.health.v1.Health/Check', new Uint8Array())).toEqual(['']);
});
