import type { BuildRequest, EngineBuildOptions } from '../../engine.js';
import type { DockerApi, DockerRequest } from '../docker-api.js';
import { sessionMethods } from './methods.js';
import { readBuild, type BuildPlace } from './read-build.js';
import { redactor } from './redact.js';
import { BuildSession } from './session.js';

/** A build, with the parameters that it has with any builder. */
export type BuildKitBuild = BuildRequest & { readonly query: DockerRequest['query'] };

/**
 * Builds a Dockerfile with the BuildKit in a Docker Engine: `POST /build` with the context, and beside it a session, on which
 * BuildKit asks for secrets, logins and keys (Docker Engine API 1.39, `version=2`).
 *
 * @returns the ID of the image
 * @throws ImageError INVALID (a step failed), UNAVAILABLE
 */
export async function buildWithBuildKit(
  docker: DockerApi,
  { query, reference, context, answers = {} }: BuildKitBuild,
  {
    signal,
    location,
    host,
    onEvent,
  }: EngineBuildOptions & Omit<BuildPlace, 'reference' | 'redact'>,
): Promise<string | undefined> {
  using session = new BuildSession(sessionMethods(answers));
  const { headers } = session;
  session.serve(await docker.upgrade('/session', 'h2c', { headers, signal }));
  const answer = await docker.stream('POST', '/build', {
    query: { ...query, version: '2', session: session.id },
    body: context,
    signal,
  });
  const redact = redactor(answers.secrets?.values() ?? []);
  return await readBuild(answer, { location, host, reference, redact, onEvent });
}
