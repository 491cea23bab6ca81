import { randomUUID } from 'node:crypto';
import { packTar } from '../../archive/tar/pack-tar.js';
import type { Builder, BuildRequest, EngineBuildOptions, StepSettings } from '../engine.js';
import type { DockerApi, DockerRequest } from './docker-api.js';
import { formData } from './form-data.js';
import { readDockerStream } from './docker-stream.js';

/** A build, with the name of the image as the engine expects it. */
export type DockerBuild = BuildRequest & { readonly builder: Builder['kind'] };

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
  { builder, ...request }: DockerBuild,
  options: EngineBuildOptions & EnginePlace,
): Promise<string | undefined> {
  const { dockerfile, reference, args, labels, target, platform, network } = request;
  const query = {
    ...stepQuery(request.steps, builder),
    t: reference,
    dockerfile,
    buildargs: JSON.stringify(args),
    labels: JSON.stringify(labels),
    forcerm: 'true',
    target,
    platform,
    networkmode: network,
    nocache: request.noCache ? 'true' : undefined,
    pull: request.pull ? 'true' : undefined,
  };
  if (builder === 'buildkit') {
    const { buildWithBuildKit } = await import('./buildkit/build.js');
    return buildWithBuildKit(docker, { ...request, query }, options);
  }
  const { signal } = options;
  const answer = await docker.stream('POST', '/build', { query, ...bodyOf(request), signal });
  return (await readDockerStream(answer, options)).imageId;
}

/** The context as a tar; with further ones a form of tars, as podman reads them since version 5.6. */
function bodyOf({ context, contexts }: BuildRequest): Pick<DockerRequest, 'body' | 'contentType'> {
  if (!contexts || contexts.size === 0) return { body: packTar(context) };
  const boundary = randomUUID();
  const further = [...contexts].map(([name, members]) => ({
    name: `build-context-${name}`,
    bytes: packTar(members),
  }));
  return {
    body: formData(boundary, [{ name: 'MainContext', bytes: packTar(context) }, ...further]),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

/** The settings of the containers of build steps. Podman reads JSON where docker reads a parameter for each host, and limits as its command line does. */
function stepQuery(
  { addHosts, shmSize, ulimits }: StepSettings = {},
  builder: Builder['kind'],
): NonNullable<DockerRequest['query']> {
  const isPodman = builder === 'buildah';
  const hosts = addHosts?.map(({ name, address }) => `${name}:${address}`);
  const limits = ulimits?.map(({ name, soft, hard }) =>
    isPodman ? `${name}=${soft}:${hard}` : { Name: name, Soft: soft, Hard: hard },
  );
  return {
    extrahosts: hosts && isPodman ? JSON.stringify(hosts) : hosts,
    shmsize: shmSize === undefined ? undefined : String(shmSize),
    ulimits: limits && JSON.stringify(limits),
  };
}
