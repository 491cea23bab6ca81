import { ImageError } from '../../errors.js';
import { isObject, type JsonObject } from '../../oci/json.js';
import type { EngineEvent } from '../engine.js';

/** How many of the last lines an error message shows. */
const MAX_RECENT_LINES = 20;
/** `Step 1/2 : RUN x` of Docker, `STEP 1/2: RUN x` of podman. */
const STEP = /^step (\d+\/\d+) ?: (.*)$/is;
const RESULT = /^ ---> ([0-9a-f]{12,64})$/;

/** The current position in the stream, for error messages. */
interface Place {
  readonly recent: string[];
  step?: { readonly count: string; readonly command: string };
  /** The image that the current step started from. */
  image?: string;
}

export interface DockerStreamOptions {
  /** The engine, for messages. */
  readonly location: string;
  /** Its address, as in DOCKER_HOST. */
  readonly host: string;
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

/** The end of a response that is no failure. */
export interface DockerStreamResult {
  /** The image of a build, as the engine states it (`aux`). */
  readonly imageId?: string;
  /** The last lines, for messages. */
  readonly recent: readonly string[];
}

/**
 * Reads the engine's response to a load or a build: one JSON object per line, with status 200 even when
 * it fails (Docker Engine API 1.41). A failure is `errorDetail.message`; older engines also state `error`, which is
 * deprecated since API 1.48.
 *
 * @throws ImageError INVALID for a failure: with the step, its last lines, and a command to inspect it
 */
export async function readDockerStream(
  lines: AsyncIterable<Uint8Array | string>,
  { location, host, onEvent }: DockerStreamOptions,
): Promise<DockerStreamResult> {
  const place: Place = { recent: [] };
  let imageId: string | undefined;
  for await (const message of readMessages(lines)) {
    const failure = failureIn(message);
    if (failure !== undefined) throw streamError({ location, host }, failure, place);
    imageId = imageIn(message) ?? imageId;
    for (const text of textsOf(message)) {
      const event = recordLine(text, place);
      onEvent?.(event);
    }
  }
  return { recent: place.recent, ...(imageId === undefined ? {} : { imageId }) };
}

/** The messages of a response, one on each line. */
export async function* readMessages(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncIterable<JsonObject> {
  for await (const line of splitLines(chunks)) yield parseLine(line);
}

/** The failure that a message states; undefined if it states none. */
export function failureIn({ errorDetail, error }: JsonObject): string | undefined {
  if (isObject(errorDetail) && typeof errorDetail['message'] === 'string' && errorDetail['message'])
    return errorDetail['message'];
  return typeof error === 'string' ? error : undefined;
}

/** The image of a build that a message states. */
export function imageIn({ aux }: JsonObject): string | undefined {
  return isObject(aux) && typeof aux['ID'] === 'string' ? aux['ID'] : undefined;
}

function recordLine(text: string, place: Place): EngineEvent {
  const [, count, command] = STEP.exec(text) ?? [];
  if (count !== undefined && command !== undefined) {
    place.step = { count, command };
    place.recent.length = 0;
    return { type: 'step', subject: `step ${count}`, text: command };
  }
  const image = RESULT.exec(text)?.[1];
  if (image !== undefined) place.image = image;
  place.recent.push(text);
  if (place.recent.length > MAX_RECENT_LINES) place.recent.shift();
  return { type: 'engine', text };
}

function streamError(
  { location, host }: DockerStreamOptions,
  error: string,
  { step, recent, image }: Place,
): ImageError {
  const where = step === undefined ? '' : `step ${step.count} (${step.command}): `;
  const log = recent.length === 0 ? '' : `\n${recent.join('\n')}`;
  return new ImageError('INVALID', `${location}: ${where}${error}${log}`, {
    location,
    ...(step === undefined ? {} : { step: step.command }),
    ...(step === undefined || image === undefined
      ? {}
      : {
          // eslint-disable-next-line no-restricted-syntax -- docker's flags
          hint: `A shell right before this step: docker -H ${host} run --rm -it ${image} /bin/sh`,
        }),
  });
}

/** The lines of a message; of a line redrawn with carriage returns, the last version. */
function textsOf({ stream, status, id }: JsonObject): string[] {
  if (typeof stream === 'string')
    return stream
      .split('\n')
      .map((line) => line.trimEnd().split('\r').at(-1) ?? '')
      .filter((line) => line !== '');
  return typeof status === 'string' ? [`${status}${typeof id === 'string' ? ` ${id}` : ''}`] : [];
}

function parseLine(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return { stream: line };
  }
}

/** Splits chunks into lines of text; empty lines are left out. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}
