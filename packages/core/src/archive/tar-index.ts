import { ImageError, tooLarge } from '../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../oci/limits.js';
import {
  BLOCK,
  decodeGnuText,
  decodeHeader,
  decodePax,
  paddedSize,
  type TarHeader,
} from './tar-header.js';

/** Position of a member's body in the archive, in bytes, or the path that a link points to. */
export type TarEntry =
  | { readonly type: 'file'; readonly offset: number; readonly size: number }
  | { readonly type: 'link'; readonly target: string };

/** Reads `length` bytes from `position`; fewer at the end of the file. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** Total length of all names, as a multiple of the longest allowed name (`Limits.headerBytes`). */
const MAX_LONG_NAMES = 32;

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
  { headerBytes, members }: Limits = DEFAULT_LIMITS,
): Promise<ReadonlyMap<string, TarEntry>> {
  const entries = new Map<string, TarEntry>();
  let extended: Extended = {};
  let nameLength = 0;
  for (let at = 0; at < size; ) {
    const block = await read(at, BLOCK);
    if (block.byteLength < BLOCK) throw truncated('a header', at);
    const header = decodeHeader(block);
    if (!header) break;
    // The size in its header does not say where the next header is: more of its map may follow this block.
    if (header.type === 'gnu-sparse') throw sparseMember(extended.name ?? header.name);
    const body = at + BLOCK;
    const length = extended.size ?? header.size;
    if (body + length > size) throw truncated(JSON.stringify(extended.name ?? header.name), at);
    at = body + paddedSize(length);
    if (isExtension(header)) {
      if (length > headerBytes)
        throw tooLarge(`tar header: expected at most ${headerBytes} bytes, got ${length}`);
      extended = extend(extended, header, await read(body, length));
      continue;
    }
    const entry = entryOf(header, { offset: body, size: length }, extended);
    if (entry) {
      const [name, added] = entry;
      const known = entries.get(name);
      if (known && !(await isEqual(read, known, added))) throw duplicateMember(name);
      if (!known) entries.set(name, added);
      nameLength += known ? 0 : name.length + (added.type === 'link' ? added.target.length : 0);
      if (nameLength > MAX_LONG_NAMES * headerBytes)
        throw tooLarge(
          `tar: expected at most ${MAX_LONG_NAMES * headerBytes} characters of names in all, got more`,
        );
    }
    if (entries.size > members)
      throw tooLarge(`tar: expected at most ${members} members, got more`);
    extended = {};
  }
  return entries;
}

interface Extended {
  readonly name?: string;
  readonly link?: string;
  readonly size?: number;
}

function isExtension({ type }: TarHeader): boolean {
  return type === 'pax' || type === 'pax-global' || type === 'gnu-name' || type === 'gnu-link';
}

function extend(extended: Extended, { type }: TarHeader, body: Uint8Array): Extended {
  if (type === 'gnu-name') return { ...extended, name: decodeGnuText(body) };
  if (type === 'gnu-link') return { ...extended, link: decodeGnuText(body) };
  if (type === 'pax-global') return extended;
  const records = decodePax(body);
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.')))
    throw sparseMember(records.get('GNU.sparse.name') ?? records.get('path') ?? extended.name);
  const [name, link, size] = [records.get('path'), records.get('linkpath'), records.get('size')];
  return {
    ...extended,
    ...(name === undefined ? {} : { name }),
    ...(link === undefined ? {} : { link }),
    ...(size === undefined ? {} : { size: parsePaxSize(size) }),
  };
}

/** GNU tar's sparse files, in the old format (type `S`) or with pax records: bodies without the file's holes. */
function sparseMember(name = 'a member'): ImageError {
  return new ImageError(
    'UNSUPPORTED',
    `tar: expected whole files, got ${JSON.stringify(name)} without its holes (a sparse file)`,
    // eslint-disable-next-line no-restricted-syntax -- tar's flag
    { hint: 'The archive was made with tar --sparse (-S); make it again without.' },
  );
}

function parsePaxSize(text: string): number {
  const size = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(size))
    throw new ImageError('INVALID', `tar pax header: expected a size, got ${JSON.stringify(text)}`);
  return size;
}

/** Undefined for folders and devices: they have no content. */
function entryOf(
  header: TarHeader,
  body: { readonly offset: number; readonly size: number },
  extended: Extended,
): [name: string, entry: TarEntry] | undefined {
  if (header.type === 'folder') return undefined;
  const name = normalizePath(extended.name ?? header.name);
  const link = extended.link ?? header.link;
  if (header.type === 'file') return [name, { type: 'file', ...body }];
  if (header.type === 'hardlink') return [name, { type: 'link', target: normalizePath(link) }];
  if (header.type !== 'symlink') return undefined;
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
    `tar: expected each member once, got ${JSON.stringify(name)} again with other content`,
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
    `tar: expected members inside the archive, got ${JSON.stringify(path)}`,
  );
}

function truncated(what: string, at: number): ImageError {
  return new ImageError('CORRUPT', `tar: the file ends within ${what} at byte ${at}`, {
    hint: 'The archive was cut short; copy or save it again.',
  });
}
