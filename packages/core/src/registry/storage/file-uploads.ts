import { createHash, randomBytes, type Hash } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import { copyFile, open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder, type FolderOptions } from '../../disk/atomic-write.js';
import { rename, rm } from '../../disk/busy/retried.js';
import { writeAll } from '../../disk/write-all.js';
import { readRange } from '../../disk/read-range.js';
import { ignoreMissing, isMissing, READ } from '../../disk/if-there.js';
import { touchFile } from '../../disk/touch.js';
import { ImageError } from '../../errors.js';
import { algorithmOf, type Algorithm, type Digest } from '../../oci/digest.js';
import type { AppendOptions, Uploads } from '../hosted.js';
import type { Bytes } from '../../transfer/store.js';
import { tap } from '../../transfer/tap.js';
import { linkFolder, uploadFile } from './registry-paths.js';
import { GrowingFile } from './growing-file.js';
import type { Quotas } from './quota/quotas.js';
import { createEmpty, withFolder } from './links.js';
import { blobFile } from '../../store/paths.js';

/** Without `O_CREAT`: if the file is missing, another process has taken over the upload. */
const APPEND_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;

/** Maximum number of uploads in memory: clients do not report abandoned ones. */
const MAX_SESSIONS = 10_000;

/** State of an upload that this process writes. */
interface Session {
  readonly path: string;
  size: number;
  /** Hash of all bytes; absent if another process received some of them, or a request was interrupted. */
  hashed?: { readonly algorithm: Algorithm; readonly hash: Hash } | undefined;
  isBusy: boolean;
}

export interface FileUploadsOptions {
  /** Adds a blob to a repository. */
  readonly link: (repository: string, digest: Digest) => Promise<void>;
  readonly quotas: Quotas;
}

/**
 * Uploads in files. An upload belongs to the process that writes it. Another process that is asked to continue it, for
 * example after a crash, takes over a copy, so late writes of the first process never reach the blob.
 */
export class FileUploads implements Uploads {
  readonly #root: string;
  readonly #folders: FolderOptions;
  readonly #link: (repository: string, digest: Digest) => Promise<void>;
  readonly #quotas: Quotas;
  readonly #process = randomBytes(6).toString('hex');
  /** By repository and ID. */
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(root: string, { link, quotas }: FileUploadsOptions) {
    this.#root = root;
    this.#folders = { privateTo: root };
    this.#link = link;
    this.#quotas = quotas;
  }

  async start(repository: string): Promise<string> {
    const id = randomBytes(16).toString('hex');
    const path = this.#path(repository, id);
    const space = this.#quotas.of(repository);
    await space.admit();
    const folders = await withFolder(dirname(path), this.#folders, async () =>
      createEmpty(path, this.#folders),
    );
    space.addFolders(folders);
    space.addFile(1);
    const session = { path, size: 0, hashed: beginHash(), isBusy: false };
    const key = `${repository} ${id}`;
    this.#sessions.set(key, Promise.resolve(session));
    // The oldest upload is only dropped from memory; it can be continued from its file.
    const [oldest = key] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(oldest);
    return id;
  }

  async size(repository: string, id: string): Promise<number> {
    return (await this.#session(repository, id)).size;
  }

  append(
    repository: string,
    id: string,
    bytes: Bytes,
    { at, signal, onWritten }: AppendOptions = {},
  ): Promise<number> {
    return this.#exclusively(repository, id, async (upload) => {
      if (at !== undefined && at !== upload.size)
        throw new ImageError(
          'CONFLICT',
          `upload ${id}: it has ${upload.size} bytes, but the request begins at byte ${at}`,
        );
      const space = this.#quotas.of(repository);
      await space.admit();
      await using file = await open(upload.path, APPEND_FLAGS);
      const { hashed } = upload;
      let size = upload.size;
      try {
        const passing = tap(bytes, (chunk) => {
          signal?.throwIfAborted();
          space.take(chunk.byteLength);
          hashed?.hash.update(chunk);
          size += chunk.byteLength;
        });
        let written = upload.size;
        const note = onWritten && ((count: number) => onWritten((written += count)));
        // A reader that follows the upload gets its bytes as they arrive.
        await writeAll(file, passing, upload.path, { onWritten: note, least: note && 1 });
        upload.size = size;
      } catch (error) {
        // Some hashed bytes may not have been written.
        upload.hashed = undefined;
        upload.size = (await file.stat()).size;
        throw error;
      }
      return size;
    });
  }

  /** Opens an upload to read what has been received so far. It stays open when the upload is finished or cancelled. */
  async follow(repository: string, id: string): Promise<GrowingFile> {
    const { path, size } = await this.#session(repository, id);
    return new GrowingFile(await open(path, READ), size);
  }

  finish(repository: string, id: string, digest: Digest): Promise<void> {
    const algorithm = algorithmOf(digest);
    return this.#exclusively(repository, id, async (upload) => {
      await using file = await open(upload.path, 'r+');
      const hash =
        upload.hashed?.algorithm === algorithm
          ? upload.hashed.hash
          : await hashOf(file, algorithm, upload.size);
      const actual = `${algorithm}:${hash.digest('hex')}`;
      this.#sessions.delete(`${repository} ${id}`);
      if (actual !== digest) {
        await rm(upload.path, { force: true });
        this.#quotas.of(repository).removeFile(upload.size);
        const message = `upload: the content has the digest ${actual}, not ${digest}`;
        throw new ImageError('CORRUPT', message);
      }
      // At the same time, to wait for the disk once: a repository has a blob when both are there.
      await Promise.all([this.#store(upload, digest, file), this.#link(repository, digest)]);
    });
  }

  async #store({ path: partial }: Session, digest: Digest, file: FileHandle): Promise<void> {
    // Mark it as in use, so the garbage collector keeps the new blob.
    await Promise.all([touchFile(file), file.sync()]);
    const path = blobFile(this.#root, digest);
    await makeFolder(dirname(path), this.#folders);
    // Missing if another process has taken over the upload.
    await rename(partial, path);
    await syncFolder(dirname(path));
  }

  cancel(repository: string, id: string): Promise<void> {
    return this.#exclusively(repository, id, (upload) => this.#remove(repository, id, upload));
  }

  async #remove(repository: string, id: string, { path, size }: Session): Promise<void> {
    this.#sessions.delete(`${repository} ${id}`);
    await rm(path);
    this.#quotas.of(repository).removeFile(size);
  }

  /** Runs `work` as the only request for the upload. @throws ImageError CONFLICT, NOT_FOUND */
  async #exclusively<T>(
    repository: string,
    id: string,
    work: (upload: Session) => Promise<T>,
  ): Promise<T> {
    const upload = await this.#session(repository, id);
    if (upload.isBusy)
      throw new ImageError('CONFLICT', `upload ${id}: another request is writing it`);
    upload.isBusy = true;
    try {
      return await work(upload);
    } catch (error) {
      if (error instanceof ImageError && error.code === 'NO_SPACE')
        await ignoreMissing(() => this.#remove(repository, id, upload));
      if (!isMissing(error)) throw error;
      this.#sessions.delete(`${repository} ${id}`);
      throw uploadNotFound(id);
    } finally {
      upload.isBusy = false;
    }
  }

  /** The upload of this process, or one taken over from another process. @throws ImageError NOT_FOUND */
  async #session(repository: string, id: string): Promise<Session> {
    const key = `${repository} ${id}`;
    const known = this.#sessions.get(key);
    const session = await known;
    // Missing: another process has taken it over, and may have left it since.
    if (session && (session.isBusy || lstatSync(session.path, { throwIfNoEntry: false })))
      return session;
    const other = this.#sessions.get(key);
    if (other && other !== known) return other;
    const taking = this.#takeOver(repository, id);
    this.#sessions.set(key, taking);
    taking.catch(() => this.#sessions.delete(key));
    return taking;
  }

  async #takeOver(repository: string, id: string): Promise<Session> {
    const folder = linkFolder(this.#root, repository, '_uploads');
    const path = this.#path(repository, id);
    try {
      const left = (await readdir(folder)).find((name) => name.startsWith(`${id}.`));
      if (left === undefined) throw uploadNotFound(id);
      if (join(folder, left) !== path) {
        await copyFile(join(folder, left), path, constants.COPYFILE_FICLONE);
        await rm(join(folder, left));
      }
      const { size } = await stat(path);
      return { path, size, hashed: size === 0 ? beginHash() : undefined, isBusy: false };
    } catch (error) {
      if (isMissing(error)) throw uploadNotFound(id);
      throw error;
    }
  }

  #path(repository: string, id: string): string {
    return uploadFile(this.#root, repository, { id, writer: this.#process });
  }
}

function beginHash(): NonNullable<Session['hashed']> {
  return { algorithm: 'sha256', hash: createHash('sha256') };
}

async function hashOf(file: FileHandle, algorithm: Algorithm, size: number): Promise<Hash> {
  const hash = createHash(algorithm);
  for await (const chunk of readRange(file, 0, size)) hash.update(chunk);
  return hash;
}

function uploadNotFound(id: string): ImageError {
  return new ImageError('NOT_FOUND', `no upload ${id}`);
}
