import { ImageError } from '../../../errors.js';
import { Problem } from '../../../registry/problem.js';

/** One end of a channel between two processes; `process` of a child, and a worker of `node:cluster`, are such. */
export interface MessagePort {
  readonly send: (message: object, sent: (error: Error | null) => void) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  readonly onEnd: (listener: () => void) => void;
}

/** Functions that one process offers to another, by name. Arguments and results are values of JSON. */
export type Offered<Functions> = {
  readonly [Name in keyof Functions]: (argument: never) => unknown;
};

type Argument<Work> = Work extends (argument: infer Given) => unknown ? Given : never;
type Result<Work> = Work extends (argument: never) => infer Returned ? Awaited<Returned> : never;

/** A function that is offered; the other process runs the same program, so it gives the right argument. */
type Work = (argument: unknown) => unknown;

interface Question {
  readonly stowage: 'call';
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly stowage: 'answer';
  readonly id: number;
  readonly value?: unknown;
  readonly error?: SentError;
}

type SentError =
  | Pick<Problem, 'code' | 'message' | 'status' | 'headers'>
  | Pick<ImageError, 'code' | 'wording' | 'location'>
  | { readonly text: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls functions of another process, and lets it call those that are offered here. */
export class Calls<Theirs extends Offered<Theirs>> {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isEnded = false;

  constructor(port: MessagePort, ours: object) {
    this.#port = port;
    const offered = new Map<string, Work>(Object.entries(ours));
    port.onMessage((message) => {
      if (isQuestion(message)) void this.#answer(message, offered.get(message.name));
      else if (isAnswer(message)) this.#settle(message);
    });
    port.onEnd(() => {
      this.#isEnded = true;
      for (const { reject } of this.#waiting.values()) reject(ended());
      this.#waiting.clear();
    });
  }

  /** Calls a function of the other process. @throws its Problem or ImageError; UNAVAILABLE when that process ends */
  call<Name extends string & keyof Theirs>(
    name: Name,
    argument: Argument<Theirs[Name]>,
  ): Promise<Result<Theirs[Name]>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      if (this.#isEnded) return reject(ended());
      // The other process runs the same program, so its answer has the type of the function.
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send({ stowage: 'call', id, name, argument } satisfies Question);
    });
  }

  async #answer({ id, name, argument }: Question, work: Work | undefined): Promise<void> {
    let answer: Answer;
    try {
      if (!work) throw new TypeError(`no function ${name}`);
      answer = { stowage: 'answer', id, value: await work(argument) };
    } catch (error) {
      answer = { stowage: 'answer', id, error: toSent(error) };
    }
    this.#send(answer);
  }

  #settle({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(fromSent(error));
    else waiting?.resolve(value);
  }

  /** A process that has ended is reported by `onEnd`. */
  #send(message: Question | Answer): void {
    if (!this.#isEnded) this.#port.send(message, () => undefined);
  }
}

function isQuestion(message: unknown): message is Question {
  return (message as Partial<Question> | null)?.stowage === 'call';
}

function isAnswer(message: unknown): message is Answer {
  return (message as Partial<Answer> | null)?.stowage === 'answer';
}

function ended(): ImageError {
  return new ImageError('UNAVAILABLE', 'a process of this registry has ended');
}

function toSent(error: unknown): SentError {
  if (error instanceof Problem) {
    const { code, message, status, headers } = error;
    return { code, message, status, headers };
  }
  if (!(error instanceof ImageError)) return { text: String(error) };
  const { code, wording, location } = error;
  return { code, wording, location };
}

function fromSent(error: SentError): Error {
  if ('text' in error) return new Error(error.text);
  if ('status' in error) return new Problem(error.code, error.message, error);
  const { message, hint } = error.wording;
  return new ImageError(error.code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(error.location === undefined ? {} : { location: error.location }),
  });
}
