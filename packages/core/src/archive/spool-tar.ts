import { readRange } from '../disk/read-range.js';
import type { Bytes, Open } from '../transfer/store.js';
import { contentOf, packParts, type TarMember } from './tar/pack-tar.js';
import { spool, type SpoolOptions } from './spool.js';

/** A tar that can be read several times. */
export interface SpooledTar extends AsyncDisposable {
  readonly open: Open;
}

/** Options of {@link spoolTar}. */
export interface SpoolTarOptions extends SpoolOptions {
  /** Called with all bytes of the tar, in their order. */
  readonly onBytes: (chunk: Uint8Array) => void;
}

/** A range of bytes of the temporary file, or a member whose content is not in it. */
type Part = { readonly start: number; end: number } | TarMember;

/**
 * Packs members, and keeps their headers and the content of small ones (`TarMember.read`) in a temporary file: reading that
 * again takes less time than opening so many files. The content of other members is opened again each time.
 *
 * @throws ImageError NO_SPACE; errors of the members
 */
export async function spoolTar(
  members: Iterable<TarMember>,
  { onBytes, ...options }: SpoolTarOptions,
): Promise<SpooledTar> {
  const parts: Part[] = [];
  async function* packed(): Bytes {
    let start = 0;
    for await (const part of packParts(members, { lend: true })) {
      options.signal?.throwIfAborted();
      if (part.kind === 'packed') {
        const end = start + part.bytes.byteLength;
        const last = parts.at(-1);
        if (last && 'end' in last) last.end = end;
        else parts.push({ start, end });
        start = end;
        onBytes(part.bytes);
        yield part.bytes;
        continue;
      }
      parts.push(part.member);
      for await (const chunk of contentOf(part.member)) {
        options.signal?.throwIfAborted();
        onBytes(chunk);
      }
    }
  }
  const file = await spool(packed(), { ...options, isLent: true });
  async function* read(lend: boolean): Bytes {
    for (const part of parts)
      yield* 'end' in part ? readRange(file, part.start, part.end, { lend }) : contentOf(part);
  }
  const open = Object.assign(() => read(false), { lent: () => read(true) });
  return { open, [Symbol.asyncDispose]: () => file.close() };
}
