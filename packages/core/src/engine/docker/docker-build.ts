import { packTar } from '../../archive/pack-tar.js';
import type { BuildRequest, EngineBuildOptions } from '../engine.js';
import type { DockerApi } from './docker-api.js';
import { readDockerStream } from './docker-stream.js';

/** A build, with the name of the image as the engine expects it. */
export type DockerBuild = BuildRequest & { readonly isBuildKit: boolean };

/** The engine, for messages, and its address, as in DOCKER_HOST. */
export interface EnginePlace {
  readonly location: string;
  readonly host: string;
}

/**
 * Builds a Dockerfile with an engine (`POST /build`). @returns the ID of the image, as the engine states it; undefined if it
 * states none
 *
 * @throws ImageError INVALID (a step failed), UNAVAILABLE
 */
export async function buildImage(
  docker: DockerApi,
  { isBuildKit, ...request }: DockerBuild,
  options: EngineBuildOptions & EnginePlace,
): Promise<string | undefined> {
  const { context, dockerfile, reference, args, labels, target, platform, network } = request;
  const query = {
    t: reference,
    dockerfile,
    buildargs: JSON.stringify(args),
    labels: JSON.stringify(labels),
    forcerm: 'true',
    target,
    platform,
    networkmode: network,
  };
  if (isBuildKit) {
    const { buildWithBuildKit } = await import('./buildkit/build.js');
    return buildWithBuildKit(docker, { ...request, query }, options);
  }
  const { signal } = options;
  const answer = await docker.stream('POST', '/build', { query, body: packTar(context), signal });
  return (await readDockerStream(answer, options)).imageId;
}
