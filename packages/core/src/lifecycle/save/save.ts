import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ArchiveWriter } from '../../archive/archive-writer.js';
import { healArchive } from '../../catalog/commit.js';
import { lockPath, spoolFolder } from '../../catalog/file.js';
import type { ImageRecord } from '../../catalog/record.js';
import { writeAtomically } from '../../disk/atomic-write.js';
import { withLock } from '../../disk/lock.js';
import type { Engine, EngineImage } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { matchesPlatform } from '../../oci/match-platform.js';
import type { PlatformChoice } from '../../oci/platform.js';
import { canonicalReference, parseReference } from '../../oci/reference.js';
import { copy } from '../../transfer/copy.js';
import type { Source } from '../../transfer/store.js';
import type { VerbOptions } from '../workspace/call.js';
import { packForShare } from './pack-for-share.js';
import { makeRoom } from '../prune/make-room.js';
import { saveImage, findSavedImage, type SaveResult, type SaveTarget } from './save-image.js';
import { archiveOf, openEngine, type Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';

/** Options for saving images. */
export interface SaveOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Write all images into this file, without record and catalog entry. */
  readonly output?: string | undefined;
  /** The platforms to save of an image of several; when omitted, all if the engine has all, else the engine's own. */
  readonly platforms?: PlatformChoice | undefined;
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
  const output = options.output === undefined ? undefined : resolve(options.cwd, options.output);
  const targets = references
    .map(canonicalReference)
    .map((reference) =>
      output === undefined ? targetOf(workspace, reference) : { name: '', reference, path: output },
    );
  await using engine = await openEngine(workspace, options);
  const wanted: ImageToSave[] = [];
  for (const target of targets)
    wanted.push({ target, ...(await imageOf(engine, target.reference)) });
  if (output !== undefined)
    return await saveTogether(workspace, engine, wanted, { ...options, output });
  const results: SaveResult[] = [];
  for (const each of wanted) results.push(await saveByName(workspace, engine, each, options));
  return results;
}

/** An image of the engine, and the target to save it to. */
interface ImageToSave {
  readonly target: SaveTarget;
  readonly id: Digest;
  /** Uncompressed size in bytes. */
  readonly size: number;
}

function targetOf(workspace: Workspace, reference: string): SaveTarget {
  const { repository } = parseReference(reference);
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  try {
    return { name, reference, path: archiveOf(workspace, name) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const { message, hint = '' } = error.wording;
    throw new ImageError(error.code, message, {
      hint: wording`${hint}${hint === '' ? '' : ' '}Or write it to any file with ${option('output', 'FILE')}.`,
      cause: error,
    });
  }
}

async function imageOf(engine: Engine, reference: string): Promise<EngineImage> {
  const image = await engine.inspect(reference);
  if (image) return image;
  throw new ImageError('NOT_FOUND', `${engine.location}: no image ${reference}`, {
    location: engine.location,
  });
}

async function saveByName(
  workspace: Workspace,
  engine: Engine,
  { target, id, size }: ImageToSave,
  options: SaveOptions,
): Promise<SaveResult> {
  return withLock(
    lockPath(workspace.place, target.name),
    async () => {
      if (!options.dryRun) await healArchive({ place: workspace.place, path: target.path });
      const current = await findSavedImage(
        workspace,
        target,
        (record) =>
          [record.digest, record.index, record.configDigest].includes(id) &&
          isChosen(record, options),
      );
      if (current) return current;
      if (options.dryRun) return plannedResult(target);
      // The engine's response is spooled to disk until the archive is written.
      const spooled = {
        path: spoolFolder(workspace.place),
        bytes: engine.kind !== 'embedded' ? size : 0,
      };
      const written = { path: target.path, bytes: size };
      await makeRoom(workspace, [spooled, written], { ...options, holding: target.name });
      await using source = await sourceOf(workspace, engine, target.reference, options);
      await using packed = workspace.settings.share
        ? await packForShare(workspace, source, target.reference, options)
        : undefined;
      return await saveImage(workspace, packed?.source ?? source, target, {
        ...options,
        facts: { compilers: [], packages: [], tools: [] },
      });
    },
    options,
  );
}

async function saveTogether(
  workspace: Workspace,
  engine: Engine,
  wanted: readonly ImageToSave[],
  options: SaveOptions & { readonly output: string },
): Promise<SaveResult[]> {
  const { output } = options;
  if (options.dryRun) return wanted.map(({ target }) => plannedResult(target));
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  const spooled = {
    path: spoolFolder(workspace.place),
    bytes: engine.kind !== 'embedded' ? bytes : 0,
  };
  await makeRoom(workspace, [spooled, { path: output, bytes }], options);
  const sources: Source[] = [];
  try {
    await using writer = new ArchiveWriter(output, (archive, { signal }) =>
      writeAtomically(output, archive.fill({ signal })),
    );
    const saved: { reference: string; digest: Digest }[] = [];
    for (const { target } of wanted) {
      const { reference } = target;
      const source = await sourceOf(workspace, engine, reference, options);
      sources.push(source);
      saved.push({
        reference,
        digest: (await copy(source, reference, writer, { ...options, as: reference })).digest,
      });
    }
    await writer.commit(options);
    const { size } = await stat(output);
    return saved.map((each) => ({ ...each, archive: output, size, action: 'saved' }));
  } finally {
    for (const source of sources) await source[Symbol.asyncDispose]();
  }
}

async function sourceOf(
  { place }: Workspace,
  engine: Engine,
  reference: string,
  { signal, platforms, onEvent }: SaveOptions,
): Promise<Source> {
  const onNotice = (text: string): void => onEvent?.({ type: 'notice', text });
  const reading = { spoolFolder: spoolFolder(place), signal, platforms, onNotice };
  const source = await engine.source(reference, reading);
  if (platforms === undefined) return source;
  // Loaded on demand: most images are saved as they are.
  const { withPlatforms } = await import('../../convert/choose-platforms.js');
  return withPlatforms(source, reading);
}

/** Whether the image of a record is that of the chosen platforms. */
function isChosen(record: ImageRecord, { platforms = [] }: SaveOptions): boolean {
  if (platforms === 'all') return record.index === undefined;
  if (platforms.length === 0) return true;
  const own = record.platforms ?? (record.platform ? [record.platform] : []);
  return (
    own.length === platforms.length &&
    platforms.every((wanted) => own.some((each) => matchesPlatform(each, wanted)))
  );
}

function plannedResult({ reference, path }: SaveTarget): SaveResult {
  return { reference, archive: path, digest: null, size: null, action: 'saved' };
}
