import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decompress } from '../compression/decompress.js';
import { detectCompression, MAGIC_BYTES, type Compression } from '../compression/detect.js';
import { readRange } from '../disk/read-range.js';
import { ImageError, systemCode } from '../errors.js';
import { INDEX_FILE, type NamingOptions } from '../oci/layout.js';
import { DEFAULT_LIMITS, type Limits } from '../oci/limits.js';
import { LayoutSource } from '../transfer/layout-source.js';
import type { Bytes, CallOptions, Source } from '../transfer/store.js';
import { DOCKER_MANIFEST, DockerArchive, readItems } from './docker-archive.js';
import { ociHalf } from './hybrid.js';
import { bundleOf, tarOf, textOf, type OtherKind } from './other-kinds.js';
import { spool } from './spool.js';
import { TarFile } from './tar-file.js';

export type ArchiveKind = 'docker-archive' | 'oci-archive' | 'hybrid-archive';

export interface OpenedArchive {
  readonly source: Source;
  readonly kind: ArchiveKind;
  /** Which description of a hybrid was read. */
  readonly half?: 'oci' | 'docker';
  readonly compression: Compression;
  /** What a person should know about how it was read. */
  readonly notices: readonly string[];
}

export interface OpenArchiveOptions extends NamingOptions {
  /** Where a compressed or piped archive is unpacked to; the archive's own folder when omitted. */
  readonly spoolFolder?: string;
}

/**
 * Opens an image archive by its content, whatever it is called. A plain tar is read in place; a
 * compressed one is unpacked once into a temporary file.
 *
 * @throws ImageError NOT_FOUND (no file), INVALID (no image archive: says what it looks like), CORRUPT, UNSUPPORTED,
 *   TOO_LARGE, NO_SPACE
 */
export async function openArchive(
  path: string,
  options: OpenArchiveOptions = {},
): Promise<OpenedArchive> {
  const file = await openFile(path);
  const compression = await guarded(file, async () => detectCompression(await firstBytes(file)));
  if (compression === 'none') return openTar(path, file, compression, options);
  const plain = await guarded(file, async () => {
    const { size } = await file.stat();
    return spool(decompress(readRange(file, 0, size), compression, unpacked(options)), {
      folder: options.spoolFolder ?? dirname(path),
      expected: size,
    });
  });
  await file.close();
  return openTar(path, plain, compression, options);
}

export interface PipedArchiveOptions extends CallOptions, NamingOptions {
  readonly spoolFolder: string;
  /** How many bytes will come, if that is known. */
  readonly expected?: number;
}

/** Opens an archive that can be read only once: standard input, an engine's answer. */
export async function openPipedArchive(
  location: string,
  bytes: Bytes,
  { spoolFolder, ...options }: PipedArchiveOptions,
): Promise<OpenedArchive> {
  const raw = await spool(bytes, { folder: spoolFolder, ...options });
  const compression = await guarded(raw, async () => detectCompression(await firstBytes(raw)));
  if (compression === 'none') return openTar(location, raw, compression, options);
  const plain = await guarded(raw, async () =>
    spool(decompress(readRange(raw, 0, Infinity), compression, unpacked(options)), {
      ...options,
      folder: spoolFolder,
    }),
  );
  await raw.close();
  return openTar(location, plain, compression, options);
}

function unpacked({ limits = DEFAULT_LIMITS }: NamingOptions): number {
  return limits.unpackedBytes;
}

async function openTar(
  path: string,
  file: FileHandle,
  compression: Compression,
  naming: NamingOptions,
): Promise<OpenedArchive> {
  return guarded(file, async () => {
    const tar = await indexed(path, file, naming.limits);
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
    const oci = await ociHalf(source, tar, await readItems(tar, naming.limits));
    if (oci) return { ...opened, source: oci, half: 'oci' };
    const notices = [
      `${path}: its OCI half does not describe its images; ${DOCKER_MANIFEST} was used`,
    ];
    return { ...opened, source: await openDocker(path, tar, naming), half: 'docker', notices };
  });
}

function openDocker(path: string, tar: TarFile, { limits }: NamingOptions): Promise<Source> {
  return DockerArchive.open(`docker-archive:${path}`, tar, limits);
}

async function indexed(
  path: string,
  file: FileHandle,
  limits: Limits | undefined,
): Promise<TarFile> {
  try {
    return await TarFile.open(file, limits);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const { code, hint } = error;
    const other = textOf((await firstBytes(file, 4096)).toString());
    if (other) throw notAnImage(path, other);
    throw new ImageError(code, `${path}: ${error.message}`, {
      location: path,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function notAnImage(path: string, { what, hint }: OtherKind): ImageError {
  const message = `${path}: expected an image archive (index.json or manifest.json), got ${what}`;
  return new ImageError('INVALID', message, { location: path, hint });
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    throw new ImageError('NOT_FOUND', `${path}: expected an archive, got no such file`, {
      location: path,
      cause: error,
    });
  }
}

async function firstBytes(file: FileHandle, count = MAGIC_BYTES): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
  return buffer.subarray(0, bytesRead);
}

/** Closes the file when the work on it fails; on success somebody else owns it. */
async function guarded<T>(file: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await file.close();
    throw error;
  }
}
