import type { TarMember } from '../../../archive/tar/pack-tar.js';
import { ImageError } from '../../../errors.js';
import type { BuildRequest, EngineBuildOptions } from '../../engine.js';
import type { DockerApi, DockerRequest } from '../docker-api.js';
import { fileSync } from './file-sync.js';
import { sessionMethods } from './methods.js';
import { readBuild, type BuildPlace } from './read-build.js';
import { redactor } from './redact.js';
import { solveBuild } from './solve.js';
import { BuildSession } from './session.js';

/** The name of a further context's folder; `context` and `dockerfile` are those that BuildKit asks for anyway. */
const folderOf = (name: string): string => `further-${name}`;

const DIFF_COPY = '/moby.filesync.v1.FileSync/DiffCopy';

/**
 * With containerd's image store a build fails now and then when all its steps have succeeded: containerd collects the snapshot of a
 * layer while the next one is unpacked on it (Docker 28 and 29).
 */
const LOST_SNAPSHOT = /\bparent snapshot \S+ does not exist\b/;
/** How often a build is tried: another one takes its steps from the cache. */
const MAX_TRIES = 3;

/** A build, with the parameters that it has with any builder. */
export type BuildKitBuild = BuildRequest & { readonly query: DockerRequest['query'] };

type BuildKitOptions = EngineBuildOptions & Omit<BuildPlace, 'reference' | 'redact'>;

/**
 * Builds a Dockerfile with the BuildKit in a Docker Engine: `POST /build`, and beside it a session, on which BuildKit asks for the
 * files of the context, secrets, logins and keys (Docker Engine API 1.39, `version=2`, `remote=client-session`). A context as a
 * tar would have the Dockerfile in it, although the rules of the context leave it out. `POST /build` knows no further contexts,
 * so a build with some is one of BuildKit's own API.
 *
 * @returns the ID of the image
 * @throws ImageError INVALID (a step failed), UNAVAILABLE; an error of reading the context
 */
export async function buildWithBuildKit(
  docker: DockerApi,
  request: BuildKitBuild,
  options: BuildKitOptions,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++)
    try {
      return await buildOnce(docker, request, options);
    } catch (error) {
      // A step that fails may print anything.
      const isLost =
        error instanceof ImageError &&
        error.step === undefined &&
        LOST_SNAPSHOT.test(error.message);
      if (!isLost || tries === MAX_TRIES) throw error;
      const text = 'building again: the engine lost a layer while it unpacked the image';
      options.onEvent?.({ type: 'step', subject: request.reference, text });
    }
}

async function buildOnce(
  docker: DockerApi,
  request: BuildKitBuild,
  { signal, location, host, onEvent }: BuildKitOptions,
): Promise<string | undefined> {
  const { query, reference, context, dockerfile, hidden = new Set(), answers = {} } = request;
  const { contexts = new Map<string, readonly TarMember[]>() } = request;
  let unread: unknown;
  const onError = (error: unknown) => (unread ??= error);
  const folders = new Map([...contexts].map(([name, members]) => [folderOf(name), members]));
  const files = { members: context, folders, dockerfile, hidden, onError };
  using session = new BuildSession({ ...sessionMethods(answers), [DIFF_COPY]: fileSync(files) });
  const { headers } = session;
  session.serve(await docker.upgrade('/session', 'h2c', { headers, signal }));
  const redact = redactor(answers.secrets?.values() ?? []);
  try {
    const answer =
      contexts.size > 0
        ? solveBuild(docker, { request, session: session.id, folderOf, signal })
        : await docker.stream('POST', '/build', {
            query: { ...query, version: '2', session: session.id, remote: 'client-session' },
            signal,
          });
    return await readBuild(answer, { location, host, reference, redact, onEvent });
  } catch (error) {
    throw unread ?? error;
  }
}
