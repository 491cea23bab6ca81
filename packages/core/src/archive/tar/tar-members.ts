import { ImageError, tooLarge } from '../../errors.js';
import type { Limits } from '../../oci/limits.js';
import {
  BLOCK,
  decodeGnuText,
  decodeHeader,
  decodeOwnership,
  decodePax,
  isMapContinued,
  paddedSize,
  type TarHeader,
  type TarOwnership,
} from './tar-header.js';

/** The blocks of a tar, one after the other. */
export interface TarBlocks {
  /** The next bytes; undefined at the end. @throws ImageError CORRUPT (the end within the wanted bytes) */
  take(length: number): Promise<Uint8Array | undefined>;
  skip(length: number): Promise<void>;
}

/** A member of a tar, as its header and the extended headers before it describe it. */
export interface TarMemberHeader extends TarHeader, TarOwnership {
  /** Whether its body is that of a sparse file, without the holes of the file. */
  readonly isSparse: boolean;
}

/** Total length of all names, as a multiple of the longest allowed name (`Limits.headerBytes`). */
const MAX_LONG_NAMES = 32;

/** Members of these types have no body, whatever size their header states (as in Go's archive/tar). */
const WITHOUT_BODY: ReadonlySet<TarHeader['type']> = new Set([
  'hardlink',
  'symlink',
  'folder',
  'device',
]);

/**
 * Reads the members of a tar by their headers. Supports ustar, pax and GNU long names, sizes past 8 GiB and sparse files.
 * Each member is returned when its body is next in `blocks`; the body is skipped after that.
 *
 * @throws ImageError INVALID (not a tar), CORRUPT (cut short), TOO_LARGE
 */
export async function* readMembers(
  blocks: TarBlocks,
  { headerBytes, members }: Pick<Limits, 'headerBytes' | 'members'>,
): AsyncIterable<TarMemberHeader> {
  let extended: Partial<TarMemberHeader> = {};
  let [count, nameLength] = [0, 0];
  for (;;) {
    const block = await blocks.take(BLOCK);
    const header = block && decodeHeader(block);
    if (!header) return;
    if (isExtension(header)) {
      if (header.size > headerBytes)
        throw tooLarge(`tar header: ${header.size} bytes, more than the limit of ${headerBytes}`);
      const body = await required(blocks, paddedSize(header.size));
      extended = { ...extended, ...extensionOf(header, body.subarray(0, header.size)) };
      continue;
    }
    const isSparse = header.type === 'gnu-sparse';
    if (isSparse) await skipSparseMap(blocks, block);
    const member = { isSparse, ...header, ...decodeOwnership(block), ...extended };
    nameLength += member.name.length + member.link.length;
    if (++count > members) throw tooLarge(`tar: more than ${members} members`);
    if (nameLength > MAX_LONG_NAMES * headerBytes)
      throw tooLarge(`tar: more than ${MAX_LONG_NAMES * headerBytes} characters of names in all`);
    extended = {};
    const size = WITHOUT_BODY.has(header.type) ? 0 : member.size;
    yield { ...member, size };
    await blocks.skip(paddedSize(size));
  }
}

function isExtension({ type }: TarHeader): boolean {
  return type === 'pax' || type === 'pax-global' || type === 'gnu-name' || type === 'gnu-link';
}

function extensionOf({ type }: TarHeader, body: Uint8Array): Partial<TarMemberHeader> {
  if (type === 'gnu-name') return { name: decodeGnuText(body) };
  if (type === 'gnu-link') return { link: decodeGnuText(body) };
  if (type === 'pax-global') return {};
  const records = decodePax(body);
  const name = records.get('GNU.sparse.name') ?? records.get('path');
  const link = records.get('linkpath');
  const isSparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
  return {
    ...(name === undefined ? {} : { name }),
    ...(link === undefined ? {} : { link }),
    ...(isSparse ? { isSparse } : {}),
    ...numberOf('size', records),
    ...numberOf('uid', records),
    ...numberOf('gid', records),
  };
}

function numberOf(key: string, records: ReadonlyMap<string, string>): Record<string, number> {
  const text = records.get(key);
  if (text === undefined) return {};
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value)) return { [key]: value };
  throw new ImageError(
    'INVALID',
    `tar pax header: expected a number for ${key}, got ${JSON.stringify(text.slice(0, 100))}`,
  );
}

async function skipSparseMap(blocks: TarBlocks, header: Uint8Array): Promise<void> {
  for (let block = header; isMapContinued(block, block === header); )
    block = await required(blocks, BLOCK);
}

async function required(blocks: TarBlocks, length: number): Promise<Uint8Array> {
  const taken = await blocks.take(length);
  if (taken) return taken;
  throw truncated('it ends in the middle of a header');
}

/** The error for an archive that was cut short. */
export function truncated(where: string): ImageError {
  return new ImageError('CORRUPT', `tar: ${where}`, {
    hint: 'The archive was cut short; copy or save it again.',
  });
}
