import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { openPipedArchive } from '../archive/open-archive.js';
import { ImageError } from '../errors.js';
import { isDigest, parseDigest, type Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import {
  canonicalReference,
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
} from '../oci/reference.js';
import type { Bytes, CallOptions, Sink, Source } from '../transfer/store.js';
import type { Graph } from '../transfer/walk.js';
import { dockerContents, dockerHolds } from './docker-contents.js';
import { dockerError } from './docker-error.js';
import type { DockerTarget } from './docker-host.js';
import { runInContainer } from './docker-run.js';
import { readDockerStream } from './docker-stream.js';
import type {
  BuildingEngine,
  BuildRequest,
  EngineEvent,
  EngineImage,
  ImagePart,
  RunRequest,
} from './engine.js';

type OnEvent = { readonly onEvent?: ((event: EngineEvent) => void) | undefined };

/** A Docker Engine, or anything that speaks its API, with either of its image stores. */
export class DockerEngine implements BuildingEngine {
  readonly kind: 'docker' | 'podman';
  readonly location: string;
  readonly #docker: Docker;
  readonly #options: Docker.DockerOptions;

  constructor(kind: 'docker' | 'podman', { host, options }: DockerTarget) {
    this.kind = kind;
    this.location = `${kind === 'docker' ? 'docker-daemon' : kind}:${host}`;
    this.#docker = new Docker(options);
    this.#options = options;
  }

  /** Finds out whether it answers within some milliseconds. */
  async ping(timeout: number): Promise<void> {
    await new Docker({ ...this.#options, timeout }).ping();
  }

  async platform(): Promise<Platform> {
    const { Os: os, Arch: architecture } = await this.#call(() => this.#docker.version());
    return { os, architecture };
  }

  async inspect(image: string): Promise<EngineImage | undefined> {
    try {
      const found = await this.#call(() => this.#docker.getImage(this.#spelled(image)).inspect());
      return describe(found);
    } catch (error) {
      if (error instanceof ImageError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async list(): Promise<readonly EngineImage[]> {
    const images = await this.#call(() => this.#docker.listImages());
    return images.map(describe);
  }

  async dataFolder(): Promise<string | undefined> {
    // Another machine's folders say nothing here, even where one of ours has the same name.
    if (this.#options.socketPath === undefined) return undefined;
    const { DockerRootDir: folder } = (await this.#call(() => this.#docker.info())) as {
      DockerRootDir?: string;
    };
    return folder !== undefined && existsSync(folder) ? folder : undefined;
  }

  async inUse(): Promise<ReadonlySet<Digest>> {
    const containers = await this.#call(() => this.#docker.listContainers({ all: true }));
    return new Set(containers.map(({ ImageID }) => parseDigest(ImageID)));
  }

  async contents(id: Digest): Promise<readonly ImagePart[]> {
    return this.#call(() => dockerContents(this.#docker, id));
  }

  async holds(graph: Graph): Promise<ReadonlySet<Digest>> {
    return this.#call(() => dockerHolds(this.#docker, graph));
  }

  async tag(image: string, reference: string): Promise<void> {
    const { tag = 'latest', ...name } = parseReference(reference);
    await this.#call(() =>
      this.#docker.getImage(this.#spelled(image)).tag({ repo: this.#named(name), tag }),
    );
  }

  async remove(reference: string): Promise<void> {
    await this.#call(() => this.#docker.getImage(this.#spelled(reference)).remove());
  }

  async source(
    reference: string,
    { spoolFolder, signal }: CallOptions & { readonly spoolFolder: string },
  ): Promise<Source> {
    const image = await this.inspect(reference);
    const saved = await this.#call(() => this.#docker.getImage(this.#spelled(reference)).get());
    const { source } = await openPipedArchive(
      `${this.location}/${reference}`,
      Readable.from(saved),
      // Unpacked, so at least what the archive will take.
      { spoolFolder, signal, expected: image?.size ?? 0 },
    );
    return source;
  }

  sink({ onEvent }: OnEvent = {}): Sink {
    return new ArchiveWriter(this.location, (archive, options) =>
      this.#load(archive, { ...options, onEvent }),
    );
  }

  async build(
    request: BuildRequest,
    { onEvent, signal }: OnEvent & CallOptions = {},
  ): Promise<EngineImage> {
    const { context, dockerfile, reference, args, labels, target, platform, network } = request;
    const answer = await this.#send(context, signal, (body, abortSignal) =>
      this.#docker.buildImage(body, {
        t: this.#spelled(reference),
        dockerfile,
        buildargs: { ...args },
        labels: { ...labels },
        forcerm: true,
        abortSignal,
        ...(target === undefined ? {} : { target }),
        ...(platform === undefined ? {} : { platform }),
        ...(network === undefined ? {} : { networkmode: network }),
      }),
    );
    await this.#result(answer, onEvent);
    const image = await this.inspect(reference);
    if (image) return image;
    throw new ImageError(
      'NOT_FOUND',
      `${this.location}: expected ${reference} after its build, got none`,
      { location: this.location },
    );
  }

  async run(request: RunRequest, options: CallOptions = {}): Promise<number> {
    const image = this.#spelled(request.image);
    return this.#call(() => runInContainer(this.#docker, { ...request, image }, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Every request has its own connection.
  }

  async #load(archive: Bytes, { onEvent, signal }: OnEvent & CallOptions): Promise<void> {
    const answer = await this.#send(archive, signal, (body, abortSignal) =>
      this.#docker.loadImage(body, { abortSignal }),
    );
    await this.#result(answer, onEvent);
  }

  /**
   * Sends a body that may fail on our side. The request is then cut off, so the engine sees an unfinished
   * tar and keeps nothing of it; our own error is thrown.
   */
  async #send<T>(
    bytes: Bytes,
    signal: AbortSignal | undefined,
    request: (body: Readable, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const broken = new AbortController();
    const body = Readable.from(bytes, { objectMode: false });
    body.once('error', (error) => broken.abort(error));
    try {
      return await this.#call(() =>
        request(body, signal ? AbortSignal.any([signal, broken.signal]) : broken.signal),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw broken.signal.aborted ? broken.signal.reason : error;
    } finally {
      body.destroy();
    }
  }

  async #result(
    answer: NodeJS.ReadableStream,
    onEvent: ((event: EngineEvent) => void) | undefined,
  ): Promise<void> {
    await readDockerStream(Readable.from(answer), { location: this.location, onEvent });
  }

  /** The engine's own spelling of a reference; IDs stay as they are. Podman takes no short name for docker's. */
  #spelled(image: string): string {
    return isDigest(image) ? image : this.#named(parseReference(image));
  }

  #named(reference: Reference): string {
    return this.kind === 'podman' ? formatReference(reference) : familiarReference(reference);
  }

  async #call<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw dockerError(error, this.location);
    }
  }
}

interface Found {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null | undefined;
  readonly RepoDigests?: readonly string[] | null | undefined;
  readonly Size: number;
}

function describe({ Id, RepoTags, RepoDigests, Size }: Found): EngineImage {
  const tags = (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>');
  const digests = (RepoDigests ?? []).map((each) => each.slice(each.indexOf('@') + 1));
  return {
    id: parseDigest(Id),
    references: tags.map(canonicalReference),
    digests: digests.filter(isDigest),
    size: Size,
  };
}
