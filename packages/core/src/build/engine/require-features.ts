import { posix } from 'node:path';
import type { Definition } from '../../definition/definition.js';
import type { Builder } from '../../engine/engine.js';
import { HOST_GATEWAY } from '../../definition/settings/step-settings.js';
import { ImageError } from '../../errors.js';
import {
  firstBuildKitNeed,
  firstDocument,
  type BuildKitNeed,
} from '../dockerfile/buildkit-need.js';
import { readContextFile, type ContextFile } from '../source-files/context-file.js';

/** The first version of buildah with here-documents, that of podman 4.8. */
const DOCUMENTS_SINCE = [1, 33] as const;
/** The first version of buildah whose podman, 5.6, takes further contexts. */
const CONTEXTS_SINCE = [1, 41] as const;
/** The API of Docker 23, the first whose BuildKit gets limits of steps, and knows further contexts. */
const DOCKER_23 = [1, 42] as const;

/**
 * Checks that the builder of an engine knows all of the definition's own Dockerfile, and what steps run with, before anything is
 * sent. Some older builders leave out what they do not know, and the build ends well with another image.
 *
 * @throws ImageError UNSUPPORTED, with the line; UNAVAILABLE (a setting of steps)
 */
export async function requireFeatures(
  definition: Definition,
  files: readonly ContextFile[],
  { location, builder }: { readonly location: string; readonly builder: Builder },
): Promise<void> {
  requireStepSettings(definition, { location, builder });
  const { name, dockerfile, args, secrets, ssh } = definition;
  if (dockerfile === undefined || builder.kind === 'buildkit') return;
  const given = secrets ? 'secrets' : ssh ? 'ssh' : undefined;
  if (given !== undefined)
    throw new ImageError(
      'UNSUPPORTED',
      `${name}: ${given}: needs BuildKit, which ${location} does not build with`,
      { location, hint: HINTS.classic },
    );
  const path = posix.normalize(dockerfile);
  const file = files.find((each) => each.path === path);
  if (!file) return;
  const chunks: Uint8Array[] = [];
  for await (const chunk of readContextFile(file)) chunks.push(chunk);
  const need = needOf(Buffer.concat(chunks).toString(), builder, { BASE: '', ...args });
  if (!need) return;
  throw new ImageError(
    'UNSUPPORTED',
    `${name}: ${dockerfile}: line ${need.line}: ${need.what} needs ${NEEDED[builder.kind]}, which ${location} does not build with`,
    { location, hint: HINTS[builder.kind] },
  );
}

/** @throws ImageError UNAVAILABLE */
function requireStepSettings(
  { name, addHosts, shmSize, ulimits, buildContexts }: Definition,
  {
    location,
    builder: { kind, version },
  }: { readonly location: string; readonly builder: Builder },
): void {
  const isOld = kind === 'buildkit' && version !== undefined && isOlder(version, DOCKER_23);
  const isOldPodman = kind === 'buildah' && isOlder(version ?? '', CONTEXTS_SINCE);
  if (buildContexts && (kind === 'classic' || isOld || isOldPodman))
    throw new ImageError(
      'UNAVAILABLE',
      `${name}: build_contexts: ${location} does not take them: it needs BuildKit in Docker 23 or newer, or podman 5.6 or newer`,
      {
        location,
        hint: 'Use one of these, without DOCKER_BUILDKIT=0, or copy the files into the context.',
      },
    );
  const isBuildKit = kind === 'buildkit';
  if (buildContexts && isBuildKit && addHosts?.some(({ address }) => address === HOST_GATEWAY))
    throw new ImageError(
      'UNAVAILABLE',
      `${name}: add_hosts: ${HOST_GATEWAY} is an address that ${location} does not tell, and a build with build_contexts needs it`,
      { location, hint: 'Write the address.' },
    );
  const given = shmSize === undefined ? (ulimits ? 'ulimits' : undefined) : 'shm_size';
  if (given === undefined || !isOld) return;
  throw new ImageError(
    'UNAVAILABLE',
    `${name}: ${given}: the BuildKit of ${location} does not have this: it needs Docker 23 or newer`,
    { location, hint: 'Set DOCKER_BUILDKIT=0: the classic builder of that engine has it.' },
  );
}

const NEEDED = { classic: 'BuildKit', buildah: 'buildah 1.33 or newer' } as const;
const HINTS = {
  classic:
    'Docker 23 and newer build with BuildKit unless DOCKER_BUILDKIT=0 is set; DOCKER_BUILDKIT=1 chooses it in older ones.',
  buildah: 'Use podman 4.8 or newer, or docker.',
} as const;

function needOf(
  text: string,
  { kind, version }: Builder,
  args: Readonly<Record<string, string>>,
): BuildKitNeed | undefined {
  if (kind !== 'buildah') return firstBuildKitNeed(text, args);
  return version !== undefined && isOlder(version, DOCUMENTS_SINCE)
    ? firstDocument(text)
    : undefined;
}

function isOlder(version: string, [sinceMajor, sinceMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
}
