import { dirname } from 'node:path';
import { decompress } from '../compression/decompress.js';
import { detectCompression, MAGIC_BYTES, type Compression } from '../compression/detect.js';
import { peekCompression } from '../compression/peek.js';
import { isMissing } from '../disk/if-there.js';
import { Parts } from '../disk/parts.js';
import { ImageError, withPath, type ErrorCode } from '../errors.js';
import { INDEX_FILE, type NamingOptions } from '../oci/layout.js';
import { DEFAULT_LIMITS, type Limits } from '../oci/limits.js';
import type { DockerHalf, Halves } from '../transfer/halves.js';
import { LayoutSource } from '../transfer/layout-source.js';
import type { Bytes, CallOptions, Source } from '../transfer/store.js';
import { DOCKER_MANIFEST, DockerArchive, readItems } from './docker-archive.js';
import { dockerHalf, ociHalf } from './hybrid.js';
import { bundleOf, tarOf, textOf, type OtherKind } from './other-kinds.js';
import { refusedTar } from './refused-tar.js';
import { spool } from './spool.js';
import { TarFile } from './tar/tar-file.js';
import {
  findSums,
  lacksList,
  openParts as openSet,
  parsePartPath,
  SUMS_SUFFIX,
} from './split-archive.js';

/** `docker-archive` (docker save), `oci-archive` (an OCI layout in a tar), or both in one. */
export type ArchiveKind = 'docker-archive' | 'oci-archive' | 'hybrid-archive';

/** An archive, open for reading. Dispose its `source`. */
export interface OpenedArchive {
  readonly source: Source;
  readonly kind: ArchiveKind;
  /** The half of a `hybrid-archive` that is read; absent for other kinds. */
  readonly half?: 'oci' | 'docker';
  readonly compression: Compression;
  /** Both halves of a `hybrid-archive`, for comparison; they use the files of `source`. */
  readonly halves?: Halves;
  /** Messages for the user about how it was read. */
  readonly notices: readonly string[];
}

/** Options of {@link openArchive}. */
export interface OpenArchiveOptions extends CallOptions, NamingOptions {
  /** Folder for the decompressed copy of a compressed archive; the archive's own folder when omitted. */
  readonly spoolFolder?: string;
}

/**
 * Opens an image archive, recognized by its content, not its file name: from `docker save`, `podman save`, skopeo,
 * buildx, crane, kaniko, bazel or this library; plain or compressed with gzip, zstd, xz or bzip2; one file or split
 * into parts. A plain tar is read in place; a compressed one is decompressed once into a temporary file.
 *
 * @throws ImageError NOT_FOUND (no file), INVALID (not an image archive; the message says what it looks like), CORRUPT,
 *   UNSUPPORTED, TOO_LARGE, NO_SPACE
 * @example
 * const { source, kind } = await openArchive('./from-elsewhere.tar.gz');
 * await using archive = source;
 * for await (const { reference, descriptor } of archive.list()) console.log(kind, reference, descriptor.digest);
 */
export async function openArchive(
  path: string,
  options: OpenArchiveOptions = {},
): Promise<OpenedArchive> {
  const spoolFolder = options.spoolFolder ?? dirname(path);
  try {
    return await openParts(path, await openFiles(path), { ...options, spoolFolder });
  } catch (error) {
    const part =
      error instanceof ImageError && NOT_AN_ARCHIVE.has(error.code) && parsePartPath(path);
    if (!part) throw error;
    throw notAnImage(path, {
      what: `part ${part.number} of an archive`,
      hint: `Open ${part.sums}, with all parts in the same folder.`,
    });
  }
}

const NOT_AN_ARCHIVE: ReadonlySet<ErrorCode> = new Set(['CORRUPT', 'INVALID', 'INCOMPLETE']);

/** Reads a plain tar in place; decompresses any other once into a temporary file. */
async function openParts(
  path: string,
  file: Parts,
  { spoolFolder, ...options }: PipedArchiveOptions,
): Promise<OpenedArchive> {
  const compression = await closeOnError(file, async () =>
    detectCompression(await firstBytes(file)),
  );
  if (compression === 'none') return openTar(path, file, compression, options);
  await using packed = file;
  return await openStream(path, packed.range(), compression, {
    ...options,
    spoolFolder,
    expected: packed.size,
  });
}

async function openStream(
  location: string,
  bytes: Bytes,
  compression: Compression,
  { spoolFolder, isLent = false, ...options }: PipedArchiveOptions,
): Promise<OpenedArchive> {
  const { limits = DEFAULT_LIMITS } = options;
  // A decompressor may keep chunks for longer.
  const isCopied = isLent && compression !== 'none';
  const kept = isCopied ? copied(bytes) : bytes;
  const plain = await spool(decompress(kept, compression, limits.unpackedBytes), {
    ...options,
    folder: spoolFolder,
    isLent,
  });
  return openTar(location, await Parts.of([plain]), compression, options);
}

async function* copied(bytes: Bytes): Bytes {
  for await (const chunk of bytes) yield Buffer.from(chunk);
}

/** The file itself; or the listed parts, if `path` is a checksum list or only `<path>.sha256` exists. */
async function openFiles(path: string): Promise<Parts> {
  try {
    const sums = await findSums(path);
    return sums === undefined ? await Parts.open([path]) : (await openSet(sums)).files;
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (await lacksList(path)) throw missingList(path, error);
    throw new ImageError('NOT_FOUND', `${path}: no such file`, {
      location: path,
      cause: error,
    });
  }
}

/** Options of {@link openPipedArchive}. */
export interface PipedArchiveOptions extends CallOptions, NamingOptions {
  /** Folder for the copy on disk; the copy is deleted when the source is disposed of. */
  readonly spoolFolder: string;
  /** Size of the stream in bytes; if given, free space is checked first. */
  readonly expected?: number;
  /** Whether the chunks of the stream are lent. */
  readonly isLent?: boolean;
}

/**
 * Opens an archive from a stream, such as standard input, by copying it to `spoolFolder` first.
 *
 * @param location shown in messages.
 * @throws ImageError INVALID, CORRUPT, UNSUPPORTED, TOO_LARGE, NO_SPACE
 */
export async function openPipedArchive(
  location: string,
  bytes: Bytes,
  options: PipedArchiveOptions,
): Promise<OpenedArchive> {
  const peeked = await peekCompression(bytes);
  try {
    return await openStream(location, peeked.bytes, peeked.compression, options);
  } catch (error) {
    await peeked.close();
    throw error;
  }
}

function missingList(path: string, cause: unknown): ImageError {
  const list = path.endsWith(SUMS_SUFFIX) ? path : path + SUMS_SUFFIX;
  return new ImageError('INCOMPLETE', `${list}: the list of the parts is missing`, {
    location: path,
    cause,
    hint: 'Copy it from where the parts came from: it says which parts there are, and their checksums.',
  });
}

async function openTar(
  path: string,
  file: Parts,
  compression: Compression,
  naming: NamingOptions,
): Promise<OpenedArchive> {
  return closeOnError(file, async () => {
    const tar = await openTarFile(path, file, naming.limits);
    const names = (await tar.list()).map(({ member }) => member);
    const bundle = bundleOf(names);
    if (bundle) throw notAnImage(path, bundle);
    const layout = (await tar.size(INDEX_FILE)) !== undefined;
    const docker = (await tar.size(DOCKER_MANIFEST)) !== undefined;
    const kind = layout && docker ? 'hybrid-archive' : layout ? 'oci-archive' : 'docker-archive';
    if (!layout && !docker) throw notAnImage(path, tarOf(names));
    const opened = { kind, compression, notices: [] } as const;
    if (!layout) return { ...opened, source: await openDocker(path, tar, naming) };
    const source = await LayoutSource.open(`oci-archive:${path}`, tar, naming);
    if (!docker) return { ...opened, source };
    const items = await readItems(tar, naming.limits);
    const oci = await ociHalf(source, tar, items);
    const other = (): Promise<DockerHalf> =>
      dockerHalf(`docker-archive:${path}`, tar, { items, limits: naming.limits });
    if (oci) return { ...opened, source: oci, half: 'oci', halves: { oci, docker: other } };
    const notices = [`${path}: its OCI half is invalid; ${DOCKER_MANIFEST} was used`];
    const read = await openDocker(path, tar, naming);
    return {
      ...opened,
      source: read,
      half: 'docker',
      notices,
      halves: { oci: source, docker: other },
    };
  });
}

function openDocker(path: string, tar: TarFile, { limits }: NamingOptions): Promise<Source> {
  return DockerArchive.open(`docker-archive:${path}`, tar, { limits });
}

async function openTarFile(
  path: string,
  file: Parts,
  limits: Limits | undefined,
): Promise<TarFile> {
  try {
    return await TarFile.open(file, limits);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const other = textOf(Buffer.from(await firstBytes(file, 4096)).toString());
    if (other) throw notAnImage(path, other);
    const refused = await refusedTar(file, limits);
    if (refused) throw notAnImage(path, refused);
    throw withPath(error, path);
  }
}

function notAnImage(path: string, { what, hint }: OtherKind): ImageError {
  const message = `${path}: ${what}, not an image archive (it has no index.json and no manifest.json)`;
  return new ImageError('INVALID', message, { location: path, hint });
}

async function firstBytes(file: Parts, count = MAGIC_BYTES): Promise<Uint8Array> {
  return file.read(0, Math.min(count, file.size));
}

/** Closes `file` when `work` throws; on success the result of `work` owns it. */
async function closeOnError<T>(file: Parts, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}
