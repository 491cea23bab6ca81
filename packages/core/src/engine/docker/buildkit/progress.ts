import type { EngineEvent } from '../../engine.js';
import { readMessage, textOf, type Field } from './protobuf.js';

/** How many of the last lines of a step are kept for its failure. */
const MAX_RECENT_LINES = 20;
/** `[2/3] RUN make`, `[stage-1 2/3] RUN make`, `[linux/arm64 tools 1/1] COPY a b`. */
const STEP = /^\[(?:(.+) )?(\d+\/\d+)\] (.*)$/s;

/** Field numbers of BuildKit's `StatusResponse` and of the messages in it (api/services/control/control.proto). */
const VERTEX = 1;
const LOG = 3;
const WARNING = 4;
const Vertex = { digest: 1, name: 3, cached: 4, started: 5, error: 7 } as const;
const Log = { vertex: 1, stream: 3, message: 4 } as const;
const Warning = { short: 3 } as const;

/** A step of a build. */
export interface BuildStep {
  readonly name: string;
  /** Its last lines. */
  readonly recent: readonly string[];
}

interface Known {
  readonly name: string;
  readonly recent: string[];
  /** The unfinished last line of each of its streams. */
  readonly rest: Map<string, string>;
  isStarted: boolean;
}

/** Turns BuildKit's progress (`moby.buildkit.trace`) into events, and knows the step that failed. */
export class BuildProgress {
  readonly #steps = new Map<string, Known>();
  #failed: Known | undefined;

  /** The step with the first error. */
  get failed(): BuildStep | undefined {
    return this.#failed;
  }

  /** Reads one message of the progress. @param trace the message, in base64. @throws RangeError it is cut short */
  *read(trace: string): Iterable<EngineEvent> {
    for (const { number, value } of readMessage(Buffer.from(trace, 'base64'))) {
      if (typeof value === 'bigint') continue;
      const fields = [...readMessage(value)];
      if (number === VERTEX) yield* this.#readVertex(fields);
      else if (number === LOG) yield* this.#readLog(fields);
      else if (number === WARNING)
        yield { type: 'engine', text: `warning: ${text(fields, Warning.short)}` };
    }
  }

  *#readVertex(fields: readonly Field[]): Iterable<EngineEvent> {
    const step = this.#stepOf(text(fields, Vertex.digest), text(fields, Vertex.name));
    if (!step.isStarted && has(fields, Vertex.started)) {
      step.isStarted = true;
      const [, stage, count, command] = STEP.exec(step.name) ?? [];
      if (count === undefined || command === undefined) yield { type: 'engine', text: step.name };
      else
        yield {
          type: 'step',
          subject: `step ${stage === undefined ? '' : `${stage} `}${count}`,
          text: command,
        };
      if (has(fields, Vertex.cached)) yield { type: 'engine', text: 'nothing to do: it is in the cache' };
    }
    if (has(fields, Vertex.error)) this.#failed ??= step;
  }

  *#readLog(fields: readonly Field[]): Iterable<EngineEvent> {
    const step = this.#stepOf(text(fields, Log.vertex), '');
    const stream = String(fields.find(({ number }) => number === Log.stream)?.value);
    const lines = ((step.rest.get(stream) ?? '') + text(fields, Log.message)).split('\n');
    step.rest.set(stream, lines.pop() ?? '');
    for (const line of lines) {
      // Of a line redrawn with carriage returns, the last version.
      const shown = line.trimEnd().split('\r').at(-1) ?? '';
      if (shown === '') continue;
      step.recent.push(shown);
      if (step.recent.length > MAX_RECENT_LINES) step.recent.shift();
      yield { type: 'engine', text: shown };
    }
  }

  #stepOf(digest: string, name: string): Known {
    const known = this.#steps.get(digest);
    if (known) return known;
    const step: Known = { name, recent: [], rest: new Map(), isStarted: false };
    this.#steps.set(digest, step);
    return step;
  }
}

function has(fields: readonly Field[], wanted: number): boolean {
  return fields.some(({ number }) => number === wanted);
}

function text(fields: readonly Field[], wanted: number): string {
  const field = fields.find(({ number }) => number === wanted);
  return field === undefined ? '' : textOf(field);
}
