import { connect } from 'node:net';
import { agentRequests } from './agent-requests.js';
import type { BuildAnswers } from '../../engine.js';
import { readMessage, textOf, writeMessage } from './protobuf.js';
import { CallError, Status, type Method, type Methods } from './session.js';

/** The first field of each request and answer here: an ID, a host, or data. */
const FIRST = 1;
/** The name of Docker Hub in a request for its login. */
const HUB = 'registry-1.docker.io';
/** The ID of `--mount=type=ssh` without an ID. */
const DEFAULT_AGENT = 'default';
/** The header with the ID of the agent that is connected to (BuildKit: session/sshforward, KeySSHID). */
const SSH_ID = 'buildkit.ssh.id';

/** The methods of a session that answer for a build (BuildKit: session/{secrets,auth,sshforward}). */
export function sessionMethods({ secrets, login, sshAgents }: BuildAnswers): Methods {
  return {
    '/moby.buildkit.secrets.v1.Secrets/GetSecret': oneAnswer(async (id) => {
      const secret = secrets?.get(id);
      if (!secret) throw new CallError(Status.notFound, `no secret ${JSON.stringify(id)}`);
      return writeMessage({ [FIRST]: secret });
    }),
    '/moby.filesync.v1.Auth/Credentials': oneAnswer(async (host) => {
      const found = await login?.(host === HUB ? 'docker.io' : host);
      return found ? writeMessage({ 1: found.user, 2: found.password }) : new Uint8Array();
    }),
    ...(sshAgents === undefined || sshAgents.size === 0 ? {} : sshMethods(sshAgents)),
  };
}

function sshMethods(agents: ReadonlyMap<string, string>): Methods {
  const agentOf = (id: string) => {
    const socketPath = agents.get(id === '' ? DEFAULT_AGENT : id);
    if (socketPath !== undefined) return socketPath;
    throw new CallError(Status.notFound, `no SSH agent ${JSON.stringify(id)}`);
  };
  return {
    '/moby.sshforward.v1.SSH/CheckAgent': oneAnswer(async (id) => {
      agentOf(id);
      return new Uint8Array();
    }),
    '/moby.sshforward.v1.SSH/ForwardAgent': (calls, headers) =>
      forward(calls, agentOf(firstOf(headers[SSH_ID]))),
  };
}

function firstOf(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}

/** A method with one answer to each request, by the text of its first field. */
function oneAnswer(answer: (text: string) => Promise<Uint8Array>): Method {
  return async function* (calls) {
    for await (const call of calls) yield await answer(textIn(call));
  };
}

async function* forward(
  calls: AsyncIterable<Uint8Array>,
  socketPath: string,
): AsyncIterable<Uint8Array> {
  const agent = connect(socketPath);
  const send = async () => {
    for await (const request of agentRequests(dataIn(calls))) agent.write(request);
    agent.end();
  };
  void send().catch((error: unknown) =>
    agent.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  for await (const chunk of agent as AsyncIterable<Buffer>) yield writeMessage({ [FIRST]: chunk });
}

/** The bytes of a connection. */
async function* dataIn(calls: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const call of calls)
    for (const { number, value } of readMessage(call))
      if (number === FIRST && typeof value !== 'bigint') yield value;
}

function textIn(message: Uint8Array): string {
  for (const field of readMessage(message)) if (field.number === FIRST) return textOf(field);
  return '';
}
