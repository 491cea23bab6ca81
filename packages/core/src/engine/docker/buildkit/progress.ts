import type { EngineEvent } from '../../engine.js';
import { readMessage, textOf, type Field } from './protobuf.js';

/** How many of the last lines of a step are kept for its failure. */
const MAX_RECENT_LINES = 20;
/** `[2/3] RUN make`, `[stage-1 2/3] RUN make`, `[linux/arm64 tools 1/1] COPY a b`. */
const STEP = /^\[(?:(.+) )?(\d+\/\d+)\] (.*)$/s;

/** The check of that name (Docker documentation, Build checks), which leads the text of its warning. */
const OTHER_PLATFORM = 'InvalidBaseImagePlatform: ';

/** Field numbers of BuildKit's `StatusResponse` and of the messages in it (api/services/control/control.proto). */
const VERTEX = 1;
const LOG = 3;
const WARNING = 4;
const Vertex = { digest: 1, name: 3, cached: 4, started: 5, error: 7 } as const;
const Log = { vertex: 1, stream: 3, message: 4 } as const;
const Warning = { short: 3 } as const;

/** A step of a build. */
export interface BuildStep {
  /** As BuildKit names it: `[tools 1/2] RUN make`, `[internal] load metadata for docker.io/library/debian:12`. */
  readonly name: string;
  /** Its last lines. */
  readonly recent: readonly string[];
}

interface Known {
  name: string;
  readonly recent: string[];
  /** The unfinished last line of each of its streams. */
  readonly rest: Map<string, string>;
  isStarted: boolean;
}

/** Turns BuildKit's progress (`moby.buildkit.trace`) into events, and knows the step that failed. */
export class BuildProgress {
  readonly #steps = new Map<string, Known>();
  #otherPlatform: string | undefined;
  readonly #failures: { readonly step: Known; readonly error: string }[] = [];

  readonly #redact: (text: string) => string;

  /** @param redact hides secrets in the output of steps. */
  constructor(redact: (text: string) => string = (text) => text) {
    this.#redact = redact;
  }

  /** Why a stage is built on a base for another platform, which BuildKit only warns of; undefined if none is. */
  get otherPlatform(): string | undefined {
    return this.#otherPlatform;
  }

  /** The step of a failure. Steps that were stopped because of it have errors of their own. */
  failedWith(failure: string): BuildStep | undefined {
    const found = this.#failures.find(({ error }) => failure.includes(error));
    return (found ?? this.#failures[0])?.step;
  }

  /** Reads one message of the progress. @param trace the message, in base64. @throws RangeError it is cut short */
  *read(trace: string): Iterable<EngineEvent> {
    for (const { number, value } of readMessage(Buffer.from(trace, 'base64'))) {
      if (typeof value === 'bigint') continue;
      const fields = [...readMessage(value)];
      if (number === VERTEX) yield* this.#readVertex(fields);
      else if (number === LOG) yield* this.#readLog(fields);
      else if (number === WARNING) {
        const warning = text(fields, Warning.short);
        if (warning.startsWith(OTHER_PLATFORM))
          this.#otherPlatform = warning.slice(OTHER_PLATFORM.length);
        yield { type: 'engine', text: `warning: ${warning}` };
      }
    }
  }

  *#readVertex(fields: readonly Field[]): Iterable<EngineEvent> {
    const step = this.#stepOf(text(fields, Vertex.digest), text(fields, Vertex.name));
    if (!step.isStarted && has(fields, Vertex.started)) {
      step.isStarted = true;
      const instruction = instructionIn(step.name);
      yield instruction ? { type: 'step', ...instruction } : { type: 'engine', text: step.name };
      if (has(fields, Vertex.cached))
        yield { type: 'engine', text: 'nothing to do: it is in the cache' };
    }
    const error = text(fields, Vertex.error);
    if (error !== '') this.#failures.push({ step, error });
  }

  *#readLog(fields: readonly Field[]): Iterable<EngineEvent> {
    const step = this.#stepOf(text(fields, Log.vertex), '');
    const stream = String(fields.find(({ number }) => number === Log.stream)?.value);
    const lines = ((step.rest.get(stream) ?? '') + text(fields, Log.message)).split('\n');
    step.rest.set(stream, lines.pop() ?? '');
    for (const line of lines) {
      // Of a line redrawn with carriage returns, the last version.
      const shown = this.#redact(line.trimEnd().split('\r').at(-1) ?? '');
      if (shown === '') continue;
      step.recent.push(shown);
      if (step.recent.length > MAX_RECENT_LINES) step.recent.shift();
      yield { type: 'engine', text: shown };
    }
  }

  #stepOf(digest: string, name: string): Known {
    const known = this.#steps.get(digest);
    if (known?.name === '') known.name = name;
    if (known) return known;
    const step: Known = { name, recent: [], rest: new Map(), isStarted: false };
    this.#steps.set(digest, step);
    return step;
  }
}

/** The place and the text of an instruction, from the name of a step; undefined for a step that is no instruction. */
export function instructionIn(name: string): { subject: string; text: string } | undefined {
  const [, stage, count, text] = STEP.exec(name) ?? [];
  if (count === undefined || text === undefined) return undefined;
  return { subject: `step ${stage === undefined ? '' : `${stage} `}${count}`, text };
}

function has(fields: readonly Field[], wanted: number): boolean {
  return fields.some(({ number }) => number === wanted);
}

function text(fields: readonly Field[], wanted: number): string {
  const field = fields.find(({ number }) => number === wanted);
  return field === undefined ? '' : textOf(field);
}
