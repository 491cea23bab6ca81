import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing, namesIn } from '../../../disk/if-there.js';
import type { Digest } from '../../../oci/digest.js';
import { blobFile } from '../../../store/paths.js';
import { repositoriesIn } from '../list-repositories.js';
import { Quota, type Space } from './quota.js';
import { digestOfLink, linkFolder } from '../registry-paths.js';

/** Limits of a registry's storage, in bytes; writes beyond them fail with NO_SPACE. */
export interface RegistryFolderOptions {
  /** Limit of the disk space of its folder; unlimited when omitted. */
  readonly maxUsed?: number | undefined;
  /** Limits of the content in the repository of this path and in those below it; content that they share counts once. */
  readonly maxUsedBelow?: Readonly<Record<string, number>> | undefined;
}

/** Bytes that a process has added, by the path that has a limit; that of the whole registry is empty. */
export type AddedBytes = Readonly<Record<string, number>>;

/** How long what was added waits for more, before other processes are told (ms). */
const TELL_MS = 20;

/** All limits of a registry: that of its folder, and those of paths. */
export class Quotas {
  readonly whole: Quota;
  readonly #root: string;
  readonly #below = new Map<string, Quota>();

  #tell: ((added: AddedBytes) => void) | undefined;
  #untold = new Map<string, number>();

  constructor(root: string, limits: RegistryFolderOptions = {}) {
    this.#root = root;
    this.whole = new Quota(root, Infinity, { onAdd: (bytes) => this.#note('', bytes) });
    this.update(limits);
  }

  /** By path. */
  get below(): ReadonlyMap<string, Quota> {
    return this.#below;
  }

  /** Replaces all limits; the space that is in use stays counted. */
  update({ maxUsed = Infinity, maxUsedBelow = {} }: RegistryFolderOptions): void {
    this.whole.limit = maxUsed;
    for (const path of this.#below.keys())
      if (!Object.hasOwn(maxUsedBelow, path)) this.#below.delete(path);
    for (const [path, most] of Object.entries(maxUsedBelow)) {
      const quota = this.#below.get(path);
      const onAdd = (bytes: number) => this.#note(path, bytes);
      const measure = () => contentBelow(this.#root, path);
      if (quota) quota.limit = most;
      else this.#below.set(path, new Quota(this.#root, most, { measure, below: path, onAdd }));
    }
  }

  /** Tells other processes of the registry soon what this one adds, for {@link addElsewhere} there. */
  share(tell: (added: AddedBytes) => void): void {
    this.#tell = tell;
  }

  /** Adds what another process has added. */
  addElsewhere(added: AddedBytes): void {
    for (const [path, bytes] of Object.entries(added))
      (path === '' ? this.whole : this.#below.get(path))?.addElsewhere(bytes);
  }

  #note(path: string, bytes: number): void {
    const isLimited = this.whole.limit < Infinity || this.#below.size > 0;
    if (!this.#tell || !isLimited) return;
    if (this.#untold.size === 0)
      setTimeout(() => {
        this.#tell?.(Object.fromEntries(this.#untold));
        this.#untold = new Map();
      }, TELL_MS).unref();
    this.#untold.set(path, (this.#untold.get(path) ?? 0) + bytes);
  }

  /** The limits that are for a repository, as one. */
  of(repository: string): Space {
    const paths = [...this.below].flatMap(([path, quota]) =>
      isAtOrBelow(path, repository) ? [quota] : [],
    );
    return paths.length === 0 ? this.whole : new AllOf([this.whole, ...paths]);
  }

  /** The limits of paths for content that a repository gets from another one; where that has the same limit, it is counted. */
  ofMount(repository: string, from?: string): Space {
    const paths = [...this.below].flatMap(([path, quota]) => {
      const isCounted = from !== undefined && isAtOrBelow(path, from);
      return isAtOrBelow(path, repository) && !isCounted ? [quota] : [];
    });
    return new AllOf(paths);
  }
}

/** Several limits; what one of them refuses is added to none. */
class AllOf implements Space {
  readonly #all: readonly Quota[];

  constructor(all: readonly Quota[]) {
    this.#all = all;
  }

  async admit(): Promise<void> {
    for (const each of this.#all) await each.admit();
  }

  take(bytes: number): void {
    this.#takeAll(
      (each) => each.take(bytes),
      (each) => each.take(-bytes),
    );
  }

  takeFile(bytes: number): void {
    this.#takeAll(
      (each) => each.takeFile(bytes),
      (each) => each.removeFile(bytes),
    );
  }

  addFile(bytes: number): void {
    for (const each of this.#all) each.addFile(bytes);
  }

  addFolders(count: number): void {
    for (const each of this.#all) each.addFolders(count);
  }

  removeFile(bytes: number): void {
    for (const each of this.#all) each.removeFile(bytes);
  }

  #takeAll(take: (quota: Quota) => void, undo: (quota: Quota) => void): void {
    const taken: Quota[] = [];
    try {
      for (const each of this.#all) {
        take(each);
        taken.push(each);
      }
    } catch (error) {
      taken.forEach(undo);
      throw error;
    }
  }
}

function isAtOrBelow(path: string, repository: string): boolean {
  return repository === path || repository.startsWith(`${path}/`);
}

/** The bytes of the blobs and uploads of the repositories at and below a path. */
async function contentBelow(root: string, path: string): Promise<number> {
  const digests = new Set<Digest>();
  let bytes = 0;
  for (const { name } of await repositoriesIn(root, { links: 'skip' })) {
    if (!isAtOrBelow(path, name)) continue;
    for (const link of await namesIn(root, linkFolder(root, name, '_blobs'))) {
      const digest = digestOfLink(link);
      if (digest) digests.add(digest);
    }
    const folder = linkFolder(root, name, '_uploads');
    for (const upload of await namesIn(root, folder)) bytes += await sizeOf(join(folder, upload));
  }
  for (const digest of digests) bytes += await sizeOf(blobFile(root, digest));
  return bytes;
}

async function sizeOf(path: string): Promise<number> {
  return (await ignoreMissing(() => lstat(path)))?.size ?? 0;
}
