import { ImageError } from '../../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../../oci/limits.js';
import { BLOCK } from './tar-header.js';
import { readMembers, truncated, type TarBlocks, type TarMemberHeader } from './tar-members.js';

/** Position of a member's body in the archive, in bytes, or the path that a link points to. */
export type TarEntry =
  | { readonly type: 'file'; readonly offset: number; readonly size: number }
  | { readonly type: 'link'; readonly target: string };

/** Reads `length` bytes from `position`; fewer at the end of the file. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** Bytes of two bodies that are compared at a time. */
const COMPARE_CHUNK_BYTES = 512 * 1024;

/**
 * Lists a tar by its headers; bodies are skipped, and read only to compare members of the same name. Supports ustar,
 * pax and GNU long names, sizes past 8 GiB, hard and symbolic links, and paths that start with `./`.
 *
 * @param size size of the whole file in bytes.
 * @throws ImageError INVALID (not a tar, a name or link that leaves the archive, two different members of one name),
 *   CORRUPT (cut short), UNSUPPORTED (sparse files), TOO_LARGE
 */
export async function indexTar(
  read: ReadAt,
  size: number,
  limits: Limits = DEFAULT_LIMITS,
): Promise<ReadonlyMap<string, TarEntry>> {
  const entries = new Map<string, TarEntry>();
  const blocks = new PositionedBlocks(read, size);
  for await (const member of readMembers(blocks, limits)) {
    if (member.isSparse) throw sparseMember(member.name);
    const offset = blocks.at;
    if (offset + member.size > size) throw cutShort(JSON.stringify(member.name), offset - BLOCK);
    const entry = entryOf(member, offset);
    if (!entry) continue;
    const [name, added] = entry;
    const known = entries.get(name);
    if (known && !(await isEqual(read, known, added))) throw duplicateMember(name);
    if (!known) entries.set(name, added);
  }
  return entries;
}

/** The names of all members of a tar, also of those that {@link indexTar} refuses. @throws ImageError as `indexTar` */
export async function listNames(
  read: ReadAt,
  size: number,
  limits: Limits = DEFAULT_LIMITS,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of readMembers(new PositionedBlocks(read, size), limits))
    names.push(name.replace(/^(?:\.?\/)+/, ''));
  return names;
}

/** The blocks of a file that is read at positions, so that bodies are not read to skip them. */
class PositionedBlocks implements TarBlocks {
  readonly #read: ReadAt;
  readonly #size: number;
  /** Position of the next block in bytes. */
  at = 0;

  constructor(read: ReadAt, size: number) {
    this.#read = read;
    this.#size = size;
  }

  async take(length: number): Promise<Uint8Array | undefined> {
    const { at } = this;
    if (at >= this.#size) return undefined;
    const bytes = await this.#read(at, length);
    if (bytes.byteLength < length) throw cutShort('a header', at);
    this.at += length;
    return bytes;
  }

  async skip(length: number): Promise<void> {
    this.at += length;
  }
}

/** GNU tar's sparse files, in the old format (type `S`) or with pax records: bodies without the file's holes. */
function sparseMember(name: string): ImageError {
  return new ImageError(
    'UNSUPPORTED',
    `tar: ${JSON.stringify(name)} is stored without its holes (a sparse file), which is not supported`,
    // eslint-disable-next-line no-restricted-syntax -- tar's flag
    { hint: 'The archive was made with tar --sparse (-S); make it again without.' },
  );
}

/** Undefined for folders and devices: they have no content. */
function entryOf(
  member: TarMemberHeader,
  offset: number,
): [name: string, entry: TarEntry] | undefined {
  const { type, link, size } = member;
  if (type === 'folder') return undefined;
  const name = normalizePath(member.name);
  if (type === 'file') return [name, { type: 'file', offset, size }];
  if (type === 'hardlink') return [name, { type: 'link', target: normalizePath(link) }];
  if (type !== 'symlink') return undefined;
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  return [name, { type: 'link', target: normalizePath(`${folder}${link}`, link) }];
}

/** Some writers repeat a layer that images share, so a repeated member is accepted if its content is equal. */
async function isEqual(read: ReadAt, known: TarEntry, again: TarEntry): Promise<boolean> {
  if (known.type === 'link' || again.type === 'link')
    return known.type === 'link' && again.type === 'link' && known.target === again.target;
  if (known.size !== again.size) return false;
  for (let at = 0; at < known.size; at += COMPARE_CHUNK_BYTES) {
    const length = Math.min(COMPARE_CHUNK_BYTES, known.size - at);
    const bytes = await read(known.offset + at, length);
    if (Buffer.compare(bytes, await read(again.offset + at, length)) !== 0) return false;
  }
  return true;
}

function duplicateMember(name: string): ImageError {
  return new ImageError(
    'INVALID',
    `tar: the member ${JSON.stringify(name)} is there twice, with different content`,
  );
}

/** Normalizes a member's path. @throws ImageError INVALID when it is absolute or leaves the archive */
function normalizePath(path: string, written = path): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw outsideArchive(written);
  }
  if (written.startsWith('/')) throw outsideArchive(written);
  return parts.join('/');
}

function outsideArchive(path: string): ImageError {
  return new ImageError(
    'INVALID',
    `tar: the path ${JSON.stringify(path)} leads out of the archive`,
  );
}

function cutShort(what: string, at: number): ImageError {
  return truncated(`the file ends before ${what} at byte ${at} does`);
}
