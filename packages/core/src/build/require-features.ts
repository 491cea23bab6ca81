import { posix } from 'node:path';
import type { Definition } from '../definition/definition.js';
import type { Builder } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import { firstBuildKitNeed, firstDocument, type BuildKitNeed } from './dockerfile/buildkit-need.js';
import { readContextFile, type ContextFile } from './source-files/context-file.js';

/** The first version of buildah with here-documents, that of podman 4.8. */
const DOCUMENTS_SINCE = [1, 33] as const;

/**
 * Checks that the builder of an engine knows all of the definition's own Dockerfile, before anything is sent. Some older builders
 * leave out what they do not know, and the build ends well with another image.
 *
 * @throws ImageError UNSUPPORTED, with the line
 */
export async function requireFeatures(
  { name, dockerfile, args, secrets, ssh }: Definition,
  files: readonly ContextFile[],
  { location, builder }: { readonly location: string; readonly builder: Builder },
): Promise<void> {
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
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [sinceMajor, sinceMinor] = DOCUMENTS_SINCE;
  const isOld = major < sinceMajor || (major === sinceMajor && minor < sinceMinor);
  return version !== undefined && isOld ? firstDocument(text) : undefined;
}
