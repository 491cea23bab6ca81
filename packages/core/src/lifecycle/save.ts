import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { heal } from '../catalog/commit.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { withLock } from '../disk/lock.js';
import type { Engine, EngineImage } from '../engine/engine.js';
import { ImageError } from '../errors.js';
import type { Digest } from '../oci/digest.js';
import { canonicalReference, parseReference } from '../oci/reference.js';
import { copy } from '../transfer/copy.js';
import type { Source } from '../transfer/store.js';
import type { VerbOptions } from './call.js';
import { saveImage, savedAlready, type SaveResult, type SaveTarget } from './save-image.js';
import { archiveOf, lockOf, openEngine, type Workspace } from './workspace.js';

export interface SaveOptions extends VerbOptions {
  readonly cwd: string;
  /** Writes all images into this file, and neither record nor catalog. */
  readonly output?: string | undefined;
}

/**
 * Saves images of an engine as archives: each under its conventional name with record and catalog entry,
 * or all together into one file.
 *
 * @throws ImageError NOT_FOUND, NAMING, UNAVAILABLE, NO_SPACE
 */
export async function save(
  workspace: Workspace,
  references: readonly string[],
  options: SaveOptions,
): Promise<SaveResult[]> {
  const names = references.map(canonicalReference);
  const targets =
    options.output === undefined ? names.map((reference) => targetOf(workspace, reference)) : [];
  await using engine = await openEngine(workspace, options);
  const images: EngineImage[] = [];
  for (const reference of names) images.push(await required(engine, reference));
  if (options.dryRun)
    return images.map(({ id }, at) => ({
      reference: names[at] ?? '',
      archive: targets[at]?.path ?? options.output ?? '',
      digest: id,
      size: 0,
      action: 'saved',
    }));
  if (options.output !== undefined)
    return await saveTogether(workspace, engine, names, {
      ...options,
      output: resolve(options.cwd, options.output),
    });
  const results: SaveResult[] = [];
  for (const [at, target] of targets.entries())
    results.push(await saveByName(workspace, engine, target, { ...options, id: images[at]?.id }));
  return results;
}

function targetOf(workspace: Workspace, reference: string): SaveTarget {
  const { repository } = parseReference(reference);
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  try {
    return { name, reference, path: archiveOf(workspace, name) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const hint = [error.hint, 'Or write it anywhere with -o FILE.']
      .filter((each) => each !== undefined)
      .join(' ');
    throw new ImageError(error.code, error.message, { hint, cause: error });
  }
}

async function required(engine: Engine, reference: string): Promise<EngineImage> {
  const image = await engine.inspect(reference);
  if (image) return image;
  throw new ImageError(
    'NOT_FOUND',
    `${engine.location}: expected an image ${reference}, got none`,
    { location: engine.location },
  );
}

async function saveByName(
  workspace: Workspace,
  engine: Engine,
  target: SaveTarget,
  { id, ...options }: SaveOptions & { readonly id: string | undefined },
): Promise<SaveResult> {
  return withLock(lockOf(workspace, target.name), async () => {
    await heal(target.path);
    const current = await savedAlready(
      target,
      ({ digest, configDigest }) => id === digest || id === configDigest,
    );
    if (current) return current;
    await using source = await engine.source(target.reference, {
      ...options,
      spoolFolder: join(workspace.place.state, 'spool'),
    });
    return await saveImage(workspace, source, target, {
      ...options,
      facts: { compilers: [], packages: [], tools: [] },
    });
  });
}

async function saveTogether(
  workspace: Workspace,
  engine: Engine,
  references: readonly string[],
  options: SaveOptions & { readonly output: string },
): Promise<SaveResult[]> {
  const { output } = options;
  const sources: Source[] = [];
  try {
    await using writer = new ArchiveWriter(output, (archive) => writeAtomically(output, archive));
    const digests: Digest[] = [];
    for (const reference of references) {
      const source = await engine.source(reference, {
        ...options,
        spoolFolder: join(workspace.place.state, 'spool'),
      });
      sources.push(source);
      const { digest } = await copy(source, reference, writer, { ...options, as: reference });
      digests.push(digest);
    }
    await writer.commit(options);
    const { size } = await stat(output);
    return digests.map((digest, at) => ({
      reference: references[at] ?? '',
      archive: output,
      digest,
      size,
      action: 'saved',
    }));
  } finally {
    for (const source of sources) await source[Symbol.asyncDispose]();
  }
}
