import type { Fill } from '../../disk/atomic-write.js';
import { withEarlySyncs, writeAt, writeChunk } from '../../disk/write-all.js';
import { forEachOf } from '../../transfer/for-each-of.js';
import type { Bytes, CallOptions, Open } from '../../transfer/store.js';
import { tap } from '../../transfer/tap.js';
import { contentOf, packTar, sized, type TarMember } from './pack-tar.js';
import { END_BYTES, paddedSize } from './tar-header.js';
import { encodeMember } from './tar-member.js';

/** A member with the content of a blob. */
export interface PlacedMember extends TarMember {
  readonly moveTo?: Open['moveTo'];
  readonly lent?: Open['lent'];
}

/** An archive that is about to be written: as a stream, or by `fill` into a new file, which is faster. Both give the same bytes. */
export interface ArchiveContent extends Bytes {
  /**
   * Writes the archive into a new file, for {@link writeAtomically}.
   *
   * @throws errors of the sources; ImageError NO_SPACE
   */
  fill(options?: CallOptions): Fill;
}

/** Maximum number of members that are written at once. */
const CONCURRENCY = 4;

/**
 * A tar whose members' sizes are known: it can be streamed, or written into a file side by side, each member at its
 * place.
 */
export class PlacedTar implements ArchiveContent {
  readonly #members: readonly PlacedMember[];

  constructor(members: Iterable<PlacedMember>) {
    this.#members = [...members];
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return packTar(this.#members)[Symbol.asyncIterator]();
  }

  /** All headers are written first, so that an interrupted write shows what lies where. */
  fill({ signal }: CallOptions = {}): Fill {
    return async (file, path) => {
      const places: { readonly member: PlacedMember; readonly offset: number }[] = [];
      let end = 0;
      for (const member of this.#members) {
        const header = encodeMember(member);
        await writeChunk(file, header, path, end);
        places.push({ member, offset: end + header.byteLength });
        end += header.byteLength + paddedSize(member.size);
      }
      await file.truncate(end + END_BYTES);
      await withEarlySyncs(file, path, (onWritten) =>
        forEachOf(
          places,
          { concurrency: CONCURRENCY, signal },
          async ({ member, offset }, stop) => {
            const place = { file, path, offset, onWritten };
            if (await member.moveTo?.(place, { signal: stop })) return;
            const { lent } = member;
            const content = lent ? sized(member, lent()) : contentOf(member);
            const stopped = tap(content, () => stop.throwIfAborted());
            await writeAt(place, stopped, { onWritten, least: lent && 1 });
          },
        ),
      );
    };
  }
}
