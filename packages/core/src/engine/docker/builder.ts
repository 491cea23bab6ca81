import { ImageError } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';
import type { Builder } from '../engine.js';
import type { DockerApi } from './docker-api.js';

/** Spellings of a truth value, as in `DOCKER_BUILDKIT` (Go, strconv.ParseBool). */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * What builds the Dockerfiles of an engine, as docker decides it: `DOCKER_BUILDKIT`, else the builder that the engine names
 * in `Builder-Version`. Of podman, which has one builder, buildah.
 *
 * @param choice the value of `DOCKER_BUILDKIT`.
 * @throws ImageError USAGE (`choice`), UNAVAILABLE
 */
export async function builderOf(
  docker: DockerApi,
  choice: string | undefined,
  options: CallOptions,
): Promise<Builder> {
  const answer = await docker.stream('GET', '/_ping', options);
  answer.resume();
  return builderFor(answer.headers, choice);
}

/** @throws ImageError USAGE */
export function builderFor(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  choice: string | undefined,
): Builder {
  const version = headers['libpod-buildah-version'];
  if (headers['libpod-api-version'] !== undefined)
    return { kind: 'buildah', ...(typeof version === 'string' ? { version } : {}) };
  const api = headers['api-version'];
  const of = (kind: 'buildkit' | 'classic') =>
    typeof api === 'string' ? { kind, version: api } : { kind };
  if (choice === undefined || choice === '')
    return of(headers['builder-version'] === '2' ? 'buildkit' : 'classic');
  if (TRUE.has(choice)) return of('buildkit');
  if (FALSE.has(choice)) return of('classic');
  throw new ImageError('USAGE', `DOCKER_BUILDKIT: expected 1 or 0, got ${JSON.stringify(choice)}`);
}
