import { ImageError, tooLarge } from '../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../oci/limits.js';
import {
  BLOCK,
  decodeGnuText,
  decodeHeader,
  decodePax,
  padded,
  type TarHeader,
} from './tar-header.js';

/** A member's body inside the archive, or what it links to. */
export type TarEntry =
  | { readonly type: 'file'; readonly offset: number; readonly size: number }
  | { readonly type: 'link'; readonly target: string };

/** Fills `length` bytes from `position`; fewer at the end of the file. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

/** All names together may be as long as this many of the longest. */
const LONG_NAMES = 32;

/** So much (bytes) of two bodies is compared at a time. */
const STEP = 512 * 1024;

/**
 * Lists a tar by its headers alone; bodies are skipped, and read only
 * to compare those of one name. Understands ustar, pax and
 * GNU long names, sizes past 8 GiB, hard and symbolic links, members prefixed `./`.
 *
 * @param size of the whole file, in bytes.
 * @throws ImageError INVALID (not a tar, a name or link that leaves the archive, a name of two contents), CORRUPT (cut short), TOO_LARGE
 */
export async function indexTar(
  read: ReadAt,
  size: number,
  { headerBytes, members }: Limits = DEFAULT_LIMITS,
): Promise<ReadonlyMap<string, TarEntry>> {
  const entries = new Map<string, TarEntry>();
  let extended: Extended = {};
  let named = 0;
  for (let at = 0; at < size; ) {
    const block = await read(at, BLOCK);
    if (block.byteLength < BLOCK) throw cut('a header', at);
    const header = decodeHeader(block);
    if (!header) break;
    const body = at + BLOCK;
    const length = extended.size ?? header.size;
    if (body + length > size) throw cut(JSON.stringify(extended.name ?? header.name), at);
    at = body + padded(length);
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
      if (known && !(await isEqual(read, known, added))) throw twice(name);
      if (!known) entries.set(name, added);
      named += known ? 0 : name.length + (added.type === 'link' ? added.target.length : 0);
      if (named > LONG_NAMES * headerBytes)
        throw tooLarge('tar: expected shorter names, got more than are kept in memory');
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
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) {
    throw new ImageError('UNSUPPORTED', 'tar header: expected whole files, got a sparse one', {
      hint: 'Make the archive without --sparse.',
    });
  }
  const [name, link, size] = [records.get('path'), records.get('linkpath'), records.get('size')];
  return {
    ...extended,
    ...(name === undefined ? {} : { name }),
    ...(link === undefined ? {} : { link }),
    ...(size === undefined ? {} : { size: parsePaxSize(size) }),
  };
}

function parsePaxSize(text: string): number {
  const size = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(size))
    throw new ImageError('INVALID', `tar pax header: expected a size, got ${JSON.stringify(text)}`);
  return size;
}

/** Undefined for what holds nothing: folders, and devices, which nobody may take for content. */
function entryOf(
  header: TarHeader,
  body: { readonly offset: number; readonly size: number },
  extended: Extended,
): [name: string, entry: TarEntry] | undefined {
  if (header.type === 'folder') return undefined;
  const name = inside(extended.name ?? header.name);
  const link = extended.link ?? header.link;
  if (header.type === 'file') return [name, { type: 'file', ...body }];
  if (header.type === 'hardlink') return [name, { type: 'link', target: inside(link) }];
  if (header.type !== 'symlink') return undefined;
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  return [name, { type: 'link', target: inside(`${folder}${link}`, link) }];
}

/** A member may come again, as some writers do with a layer that images share, if it is the same. */
async function isEqual(read: ReadAt, known: TarEntry, again: TarEntry): Promise<boolean> {
  if (known.type === 'link' || again.type === 'link')
    return known.type === 'link' && again.type === 'link' && known.target === again.target;
  if (known.size !== again.size) return false;
  for (let at = 0; at < known.size; at += STEP) {
    const length = Math.min(STEP, known.size - at);
    const bytes = await read(known.offset + at, length);
    if (Buffer.compare(bytes, await read(again.offset + at, length)) !== 0) return false;
  }
  return true;
}

function twice(name: string): ImageError {
  return new ImageError(
    'INVALID',
    `tar: expected each member once, got ${JSON.stringify(name)} again with other content`,
  );
}

/** A member's path, cleaned. @throws ImageError INVALID when it is absolute or climbs out. */
function inside(path: string, written = path): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw outside(written);
  }
  if (written.startsWith('/')) throw outside(written);
  return parts.join('/');
}

function outside(path: string): ImageError {
  return new ImageError(
    'INVALID',
    `tar: expected members inside the archive, got ${JSON.stringify(path)}`,
  );
}

function cut(what: string, at: number): ImageError {
  return new ImageError(
    'CORRUPT',
    `tar: expected all of ${what} at byte ${at}, got the end of the file`,
    {
      hint: 'The archive was cut short; copy or save it again.',
    },
  );
}
