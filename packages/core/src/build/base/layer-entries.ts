import { join } from 'node:path';
import { readTarHeaders } from '../../archive/tar/read-tar-headers.js';
import type { TarMemberHeader } from '../../archive/tar/tar-members.js';
import { decompress } from '../../compression/decompress.js';
import { peekCompression } from '../../compression/peek.js';
import { writeAtomically } from '../../disk/atomic-write.js';
import { readOwn } from '../../disk/paths/own-file.js';
import { touchFile } from '../../disk/touch.js';
import { ImageError, isMalformed } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { algorithmOf, digestOf, hexOf, type Digest } from '../../oci/digest.js';
import { DEFAULT_LIMITS } from '../../oci/limits.js';
import type { Bytes, CallOptions, Source } from '../../transfer/store.js';
import { Meter } from '../../transfer/tap.js';
import { verified } from '../../transfer/verified.js';

/** A file, folder or link in an image. Devices and pipes count as files. */
export interface ImageEntry {
  /** Relative to the root: no `/` at either end, no `.` or `..`. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'symlink';
  /** Permission bits, set-user-ID, set-group-ID and sticky bit included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Target of a symbolic link; empty for other types. */
  readonly link: string;
}

/** A layer of an image, with its digest before compression. */
export interface BaseLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

export interface LayerEntriesOptions extends CallOptions {
  /** Folder of the indexes of layers: `.stowage/layers`. */
  readonly layersFolder: string;
  /** Called when an index cannot be written, as on a full or read-only disk: the next build reads the layer again. */
  readonly onUnkept?: ((error: unknown) => void) | undefined;
}

/** `PATH_MAX` of Linux: no engine can unpack a longer path. */
const MAX_PATH_LENGTH = 4096;
/** Increase when the lines of an index change; older indexes are made anew. */
const INDEX_VERSION = 1;
/** Larger indexes are not kept (bytes): far above any real layer's, and below what is read as one file. */
const MAX_INDEX_BYTES = 60 * 1024 * 1024;

/**
 * The entries of a layer in the order of its tar, whiteouts included. They are read from the index of the layer, a file
 * named by its diff ID; without one, the layer is read and verified, and the index is written. A damaged or old index is
 * made anew. The time of the file is that of its last use.
 *
 * @throws ImageError CORRUPT (digest or diff ID), INVALID (not a tar), TOO_LARGE, errors of the source
 */
export async function readLayerEntries(
  source: Source,
  layer: BaseLayer,
  { layersFolder, onUnkept, signal }: LayerEntriesOptions,
): Promise<readonly ImageEntry[]> {
  const path = join(layersFolder, `${hexOf(layer.diffId)}.jsonl`);
  const known = await readIndex(path);
  // On a read-only disk nothing is pruned either.
  if (known) await touchFile(path).catch(() => undefined);
  if (known) return known;
  const entries: ImageEntry[] = [];
  try {
    for await (const header of readTarHeaders(unpackLayer(source, layer, signal), limitsOf(source)))
      entries.push(entryOf(header));
  } catch (error) {
    // A damaged layer fails here with its digest, which says more than the bytes that could not be read.
    if (isMalformed(error)) for await (const _ of readRaw(source, layer, signal));
    throw error;
  }
  const index = formatIndex(entries);
  if (index.byteLength <= MAX_INDEX_BYTES)
    await writeAtomically(path, [index]).catch((error: unknown) => onUnkept?.(error));
  return entries;
}

/** Streams the tar of a layer. Throws at its end if it does not have the diff ID, so what was read must be discarded then. */
async function* unpackLayer(
  source: Source,
  { descriptor, diffId }: BaseLayer,
  signal: AbortSignal | undefined,
): Bytes {
  const { location } = source;
  const raw = readRaw(source, { descriptor, diffId }, signal);
  const meter = new Meter(algorithmOf(diffId));
  const { unpackedBytes } = limitsOf(source);
  // A plain tar may begin with any bytes: those of its first name.
  const plain = descriptor.digest === diffId ? raw : unpack(raw, unpackedBytes);
  yield* meter.through(plain);
  const actual = meter.digest();
  if (actual !== diffId)
    throw new ImageError(
      'CORRUPT',
      `${location}: layer ${descriptor.digest}: its diff ID is ${actual}, not ${diffId} as in the config`,
      {
        location,
        hint: 'The config of the base does not belong to its layers; fetch or build it again.',
      },
    );
}

function readRaw(
  source: Source,
  { descriptor }: BaseLayer,
  signal: AbortSignal | undefined,
): Bytes {
  const { location } = source;
  return verified(source.read(descriptor, { signal }), descriptor, { location, signal });
}

async function* unpack(raw: Bytes, limit: number): Bytes {
  const { compression, bytes } = await peekCompression(raw);
  yield* decompress(bytes, compression, limit);
}

function limitsOf({ limits = DEFAULT_LIMITS }: Source) {
  return limits;
}

function entryOf({ name, type, link, mode, uid, gid }: TarMemberHeader): ImageEntry {
  const isFolder = type === 'folder' || (type === 'file' && name.endsWith('/'));
  return {
    path: normalizeEntry(name),
    type: isFolder ? 'folder' : type === 'symlink' ? 'symlink' : 'file',
    mode,
    uid,
    gid,
    link: type === 'symlink' ? link : '',
  };
}

/** `..` stops at the root, as in an engine that unpacks the layer in a root of its own. */
function normalizeEntry(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const path = parts.join('/');
  if (path.length <= MAX_PATH_LENGTH) return path;
  throw new ImageError(
    'INVALID',
    `tar: a path in a layer is longer than ${MAX_PATH_LENGTH} characters: ${JSON.stringify(path.slice(0, 100))}…`,
  );
}

/** One line about the index, then one for each entry, so that no line is long. */
function formatIndex(entries: readonly ImageEntry[]): Buffer {
  const lines = entries.map(
    ({ path, type, mode, uid, gid, link }) =>
      `${JSON.stringify([path, type, mode, uid, gid, link])}\n`,
  );
  const body = Buffer.from(lines.join(''));
  const head = JSON.stringify({ version: INDEX_VERSION, digest: digestOf(body) });
  return Buffer.concat([Buffer.from(`${head}\n`), body]);
}

/** Undefined if there is no index, or not a whole one of this version. */
async function readIndex(path: string): Promise<readonly ImageEntry[] | undefined> {
  const bytes = await readOwn(path).catch((error: unknown) => {
    if (error instanceof ImageError) return undefined;
    throw error;
  });
  if (!bytes) return undefined;
  const end = bytes.indexOf('\n');
  const body = bytes.subarray(end + 1);
  const head = JSON.stringify({ version: INDEX_VERSION, digest: digestOf(body) });
  if (bytes.toString('utf8', 0, Math.max(end, 0)) !== head) return undefined;
  try {
    return body
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => parseLine(JSON.parse(line)));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const TYPES: ReadonlySet<unknown> = new Set<ImageEntry['type']>(['file', 'folder', 'symlink']);

/** @throws SyntaxError */
function parseLine(line: unknown): ImageEntry {
  const [path, type, mode, uid, gid, link]: readonly unknown[] = Array.isArray(line)
    ? (line as unknown[])
    : [];
  const isValid =
    typeof path === 'string' &&
    TYPES.has(type) &&
    [mode, uid, gid].every((each) => Number.isSafeInteger(each)) &&
    typeof link === 'string';
  if (isValid) return { path, type, mode, uid, gid, link } as ImageEntry;
  throw new SyntaxError('not a line of an index');
}
