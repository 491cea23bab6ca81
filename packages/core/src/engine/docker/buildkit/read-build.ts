import { ImageError } from '../../../errors.js';
import type { EngineEvent } from '../../engine.js';
import { failureIn, imageIn, readMessages } from '../docker-stream.js';
import { BuildProgress, instructionIn, type BuildStep } from './progress.js';

/** The message with BuildKit's progress. */
export const TRACE = 'moby.buildkit.trace';
/** Steps that ask a registry for an image: that of a `FROM`, or that of a `# syntax=`. */
const LOOKUP = /^\[internal\] load metadata for (\S+)$/;
const FRONTEND = /^resolve image config for (?:docker-image:\/\/)?(\S+)$/;

/** The build, for messages. */
export interface BuildPlace {
  /** The engine. */
  readonly location: string;
  /** Its address, as in DOCKER_HOST. */
  readonly host: string;
  /** The image that is built, as the engine names it. */
  readonly reference: string;
  /** Hides secrets in the output of steps. */
  readonly redact?: (text: string) => string;
}

/**
 * Reads the engine's response to a build with BuildKit: one JSON object per line, with status 200 even when it fails.
 *
 * @returns the ID of the image; undefined if the response names none
 * @throws ImageError INVALID for a failure: with the step, its last lines, and how to look into it
 */
export async function readBuild(
  chunks: AsyncIterable<Uint8Array | string>,
  {
    onEvent,
    ...place
  }: BuildPlace & { readonly onEvent?: ((event: EngineEvent) => void) | undefined },
): Promise<string | undefined> {
  const progress = new BuildProgress(place.redact);
  let imageId: string | undefined;
  for await (const message of readMessages(chunks)) {
    const failure = failureIn(message);
    if (failure !== undefined) throw buildError(failure, progress.failedWith(failure), place);
    const { id, aux } = message;
    if (id !== TRACE) imageId = imageIn(message) ?? imageId;
    else if (typeof aux === 'string')
      for (const event of readTrace(progress, aux, place)) onEvent?.(event);
    if (progress.otherPlatform !== undefined) throw platformError(progress.otherPlatform, place);
  }
  return imageId;
}

function readTrace(
  progress: BuildProgress,
  trace: string,
  { location }: BuildPlace,
): readonly EngineEvent[] {
  try {
    return [...progress.read(trace)];
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ImageError('INVALID', `${location}: the progress of the build: ${cause.message}`, {
      location,
      cause,
    });
  }
}

function buildError(
  failure: string,
  failed: BuildStep | undefined,
  { location, host, reference }: BuildPlace,
): ImageError {
  const { name = '', recent = [] } = failed ?? {};
  const instruction = instructionIn(name);
  const where = instruction ? `${instruction.subject} (${instruction.text}): ` : '';
  const hint = instruction
    ? // eslint-disable-next-line no-restricted-syntax -- docker's flags
      `To look into it, build without this step and those after it, which takes what is before it from the cache, and open a shell: docker -H ${host} run --rm -it --entrypoint /bin/sh ${reference}`
    : hintForLookup(name);
  return new ImageError('INVALID', [`${location}: ${where}${failure}`, ...recent].join('\n'), {
    location,
    ...(hint === undefined ? {} : { hint }),
    ...(instruction ? { step: instruction.text } : {}),
  });
}

function platformError(why: string, { location }: BuildPlace): ImageError {
  return new ImageError('INVALID', `${location}: ${why}`, {
    location,
    // eslint-disable-next-line no-restricted-syntax -- a flag of Dockerfiles
    hint: 'Load the base for the wanted platform. If the stage is meant to be for another one, give its FROM a --platform.',
  });
}

function hintForLookup(name: string): string | undefined {
  const syntax = FRONTEND.exec(name)?.[1];
  if (syntax !== undefined)
    return `The Dockerfile is written in ${syntax} (# syntax=), an image that BuildKit runs. Load it into the engine first, or remove that line if the engine's own BuildKit knows all of the Dockerfile.`;
  const image = LOOKUP.exec(name)?.[1];
  return image === undefined
    ? undefined
    : `Load ${image} into the engine first, or log in to its registry.`;
}
