import { connect } from 'node:net';
import { readMessage, textOf, writeMessage } from './protobuf.js';
import { CallError, Status, type Method, type Methods } from './session.js';

/** What a build may ask its client for. */
export interface BuildAnswers {
  /** Secrets by ID, for `RUN --mount=type=secret,id=ID`. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** The login of a registry, for images that the builder pulls. */
  readonly login?: (registry: string) => Promise<BuildLogin | undefined>;
  /** The socket of an SSH agent, for `RUN --mount=type=ssh`. */
  readonly sshAgent?: string | undefined;
}

/** A login as the builder takes it; for an identity token the user is empty. */
export interface BuildLogin {
  readonly user: string;
  readonly password: string;
}

/** The first field of each request and answer here: an ID, a host, or data. */
const FIRST = 1;
/** The ID of `--mount=type=ssh` without an ID. */
const DEFAULT_AGENT = 'default';

/** The methods of a session that answer for a build (BuildKit: session/{secrets,auth,sshforward}). */
export function sessionMethods({ secrets, login, sshAgent }: BuildAnswers): Methods {
  return {
    '/moby.buildkit.secrets.v1.Secrets/GetSecret': oneAnswer(async (id) => {
      const secret = secrets.get(id);
      if (!secret) throw new CallError(Status.notFound, `no secret ${JSON.stringify(id)}`);
      return writeMessage({ [FIRST]: secret });
    }),
    '/moby.filesync.v1.Auth/Credentials': oneAnswer(async (host) => {
      const found = await login?.(host === 'registry-1.docker.io' ? 'docker.io' : host);
      return found ? writeMessage({ 1: found.user, 2: found.password }) : new Uint8Array();
    }),
    ...(sshAgent === undefined
      ? {}
      : {
          '/moby.sshforward.v1.SSH/CheckAgent': oneAnswer(async (id) => {
            if (id === '' || id === DEFAULT_AGENT) return new Uint8Array();
            throw new CallError(Status.notFound, `no SSH agent ${JSON.stringify(id)}`);
          }),
          '/moby.sshforward.v1.SSH/ForwardAgent': (calls) => forward(calls, sshAgent),
        }),
  };
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
    for await (const call of calls)
      for (const { number, value } of readMessage(call))
        if (number === FIRST && typeof value !== 'bigint') agent.write(value);
    agent.end();
  };
  void send().catch((error: unknown) =>
    agent.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  for await (const chunk of agent as AsyncIterable<Buffer>) yield writeMessage({ [FIRST]: chunk });
}

function textIn(message: Uint8Array): string {
  for (const field of readMessage(message)) if (field.number === FIRST) return textOf(field);
  return '';
}
