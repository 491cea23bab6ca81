import { ArchiveWriter } from '../../archive/archive-writer.js';
import type { InterruptedArchive } from '../../archive/interrupted-archive.js';
import { openArchive } from '../../archive/open-archive.js';
import { findSums, openParts } from '../../archive/split-archive.js';
import { writeArchive } from '../../archive/write-archive.js';
import { spoolFolder } from '../../catalog/file.js';
import { compress } from '../../compression/compress.js';
import { statIfExists } from '../../disk/allocated.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import { absolutePath, type DestinationLocation, type FileLocation } from '../../location.js';
import { FileStore } from '../../store/file-store.js';
import { LayoutSink } from '../../store/layout-sink.js';
import { copy } from '../../transfer/copy.js';
import type { Sink, Source } from '../../transfer/store.js';
import { parseSize } from '../workspace/units.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';

/** A location opened for writing, and the reference that the location gives the image. */
export interface Destination extends AsyncDisposable {
  readonly sink: Sink;
  readonly reference?: string;
  /** Path on its file system, to check free space. */
  readonly path?: string;
  /** Whether it is an engine, which stores no referrers. */
  readonly isEngine?: boolean;
}

/** Options for opening a location for writing. */
export interface DestinationOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Writes an archive to standard output, for `-`. */
  readonly stdout: (archive: AsyncIterable<Uint8Array>) => Promise<void>;
  /** Opens the engine; called only for `docker-daemon:`. */
  readonly openEngine: () => Promise<Engine>;
  /** Add to an existing archive. */
  readonly append?: boolean | undefined;
  /** Write an archive in parts of this size, for example `1GB`. */
  readonly split?: string | undefined;
  /** Overwrite an existing archive. */
  readonly force?: boolean | undefined;
  /** Write a {@link TransferManifest} beside the archive or layout. */
  readonly manifest?: boolean | undefined;
}

/**
 * Opens a location for writing, parsed as a destination.
 *
 * @throws ImageError CONFLICT (an archive exists), USAGE, UNAVAILABLE (the engine or registry)
 */
export async function openDestination(
  workspace: Workspace,
  location: DestinationLocation,
  options: DestinationOptions,
): Promise<Destination> {
  const { place, surroundings } = workspace;
  if (options.split !== undefined && location.kind !== 'archive') throw notAnArchive(location.text);
  switch (location.kind) {
    case 'pipe': {
      const sink = new ArchiveWriter(location.text, (archive) => options.stdout(archive));
      return createDestination({ sink });
    }
    case 'repository': {
      const { reference } = location;
      const { openRepository } = await import('../../distribution/open-repository.js');
      const sink = await openRepository(reference, options.registry, surroundings, options);
      return createDestination({ sink, reference });
    }
    case 'store': {
      const sink = new FileStore(`${place.state}/store`, surroundings);
      return createDestination({ sink, reference: location.reference });
    }
    case 'engine': {
      const sink = (await options.openEngine()).sink(options);
      return createDestination({ sink, reference: location.reference, isEngine: true });
    }
    case 'layout': {
      const path = absolutePath(location.path, { cwd: options.cwd, surroundings });
      return createDestination({ sink: new LayoutSink(path), path, ...named(location) });
    }
    case 'archive':
      return openArchiveFile(workspace, location, options);
  }
}

/** Creates an archive, or adds to an existing one. @throws ImageError CONFLICT (it exists), USAGE (its ending) */
async function openArchiveFile(
  { place, limits, surroundings }: Workspace,
  location: FileLocation,
  options: DestinationOptions,
): Promise<Destination> {
  const path = absolutePath(location.path, { cwd: options.cwd, surroundings });
  const sums = await findSums(path);
  const split =
    options.split === undefined ? undefined : parseSize(options.split, wording`${option('split')}`);
  const packed = compressionFor(location.path);
  const onWritten = (written: { readonly files: number; readonly bytes: number }) =>
    options.onEvent?.({ type: 'written', path, ...written });
  const sink = archiveAt(path, { packed, sums, split, onWritten });
  const destination = { sink, path, ...named(location) };
  const isThere = sums !== undefined || (await statIfExists(path)) !== undefined;
  if (!isThere || options.force) return createDestination(destination);
  if (!options.append)
    throw new ImageError('CONFLICT', `${location.path}: the file exists already`, {
      location: path,
      hint: wording`Add to it with ${option('append')}, or overwrite it with ${option('force')}.`,
    });
  const { source } = await openArchive(path, { spoolFolder: spoolFolder(place), limits });
  await addAll(source, sink, options);
  return createDestination(destination, source);
}

function named({ reference }: FileLocation): { readonly reference?: string } {
  return reference === undefined ? {} : { reference };
}

/** Writes one file, or parts; blobs that an interrupted write left are not read again. Without `split`, an archive in parts is written in parts of the same size again. */
function archiveAt(
  path: string,
  {
    packed,
    sums,
    split,
    onWritten,
  }: {
    readonly packed: 'gzip' | 'zstd' | undefined;
    readonly sums: string | undefined;
    readonly split: number | undefined;
    readonly onWritten: (written: { readonly files: number; readonly bytes: number }) => void;
  },
): ArchiveWriter {
  let left: InterruptedArchive | undefined;
  return new ArchiveWriter(
    path,
    async (archive, { signal }) => {
      const content = packed ? compress(archive, { kind: packed }) : archive;
      const partBytes = split ?? (sums === undefined ? undefined : await partSize(sums));
      const onLeft = (found: InterruptedArchive) => (left = found);
      onWritten(await writeArchive(path, content, { partBytes, onLeft, signal }));
    },
    { open: (descriptor, open) => left?.open(descriptor, open) ?? open },
  );
}

async function partSize(sums: string): Promise<number> {
  const { files } = await openParts(sums);
  await using _ = files;
  return files.sizes[0] || Infinity;
}

function notAnArchive(text: string): ImageError {
  return new ImageError('USAGE', `${text}: only an archive can be split`, {
    hint: wording`Name a file, as in ./all.tar with ${option('split', '1GB')}.`,
  });
}

/** Selects the compression by the file name, because there is no content to detect it from. @throws ImageError USAGE */
function compressionFor(path: string): 'gzip' | 'zstd' | undefined {
  if (/\.(?:gz|tgz)$/.test(path)) return 'gzip';
  if (/\.(?:zst|tzst)$/.test(path)) return 'zstd';
  if (!/\.(?:xz|txz|bz2|tbz2?)$/.test(path)) return undefined;
  throw new ImageError('USAGE', `${path}: archives are written as .tar, .tar.gz or .tar.zst`, {
    location: path,
    hint: 'xz and bzip2 are read, not written: zstd is smaller or faster than both.',
  });
}

async function addAll(source: Source, sink: Sink, options: VerbOptions): Promise<void> {
  for await (const { descriptor, reference } of source.list())
    await copy(source, descriptor.digest, sink, { signal: options.signal, as: reference });
}

function createDestination(
  destination: Omit<Destination, typeof Symbol.asyncDispose>,
  source?: Source,
): Destination {
  return {
    ...destination,
    [Symbol.asyncDispose]: async () => {
      await destination.sink[Symbol.asyncDispose]();
      await source?.[Symbol.asyncDispose]();
    },
  };
}
