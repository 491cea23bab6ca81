import type { Digest } from '../oci/digest.js';
import type { Content, PruneFacts, PruneItem } from './prune-model.js';

/** Tracks which items hold which content while items are deleted; the last holder frees shared content. */
export class Space {
  readonly #holders = new Map<string, number>();
  readonly #dependents = new Map<Digest, Map<string, number>>();
  /** Bytes of all content of the remaining items, each counted once. */
  used = 0;
  /** Bytes freed, by ID of the file system. */
  readonly freed = new Map<string, number>();

  constructor(items: readonly PruneItem[], { held }: Pick<PruneFacts, 'held'>) {
    for (const id of held) this.#holders.set(id, 1);
    for (const { contents, base, name, kind } of items) {
      if (base !== undefined && kind !== 'nx-cache') this.#depend(base, name, 1);
      for (const { id, bytes } of kind === 'nx-cache' ? [] : distinctContents(contents)) {
        const holders = this.#holders.get(id) ?? 0;
        if (holders === 0) this.used += bytes;
        this.#holders.set(id, holders + 1);
      }
    }
  }

  /** Bytes that deleting this item now would free. */
  bytesFreedBy({ contents }: PruneItem): number {
    const last = distinctContents(contents).filter(({ id }) => this.#holders.get(id) === 1);
    return last.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Deletes an item. @returns the bytes freed */
  release(item: PruneItem): number {
    const bytes = this.bytesFreedBy(item);
    for (const { id } of distinctContents(item.contents))
      this.#holders.set(id, (this.#holders.get(id) ?? 1) - 1);
    if (item.base !== undefined) this.#depend(item.base, item.name, -1);
    this.used -= bytes;
    this.freed.set(item.volume, (this.freed.get(item.volume) ?? 0) + bytes);
    return bytes;
  }

  /** The name of a remaining image that is built on this one. A copy is not needed as a base: its archive exists. */
  dependentOf({ digest, isCopy }: PruneItem): string | undefined {
    const names = digest === undefined || isCopy ? undefined : this.#dependents.get(digest);
    return [...(names ?? [])].find(([, count]) => count > 0)?.[0];
  }

  #depend(base: Digest, name: string, by: number): void {
    const names = this.#dependents.get(base) ?? new Map<string, number>();
    names.set(name, (names.get(name) ?? 0) + by);
    this.#dependents.set(base, names);
  }
}

/** An image may name the same layer twice. */
function distinctContents(contents: readonly Content[]): readonly Content[] {
  return [...new Map(contents.map((each) => [each.id, each])).values()];
}
