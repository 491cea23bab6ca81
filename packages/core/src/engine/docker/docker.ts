import { existsSync } from 'node:fs';
import { ArchiveWriter } from '../../archive/archive-writer.js';
import { openPipedArchive } from '../../archive/open-archive.js';
import { ImageError } from '../../errors.js';
import { isDigest, parseDigest, type Digest } from '../../oci/digest.js';
import type { Platform } from '../../oci/platform.js';
import {
  canonicalReference,
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
} from '../../oci/reference.js';
import type { CallOptions, Sink, Source } from '../../transfer/store.js';
import type { Graph } from '../../transfer/graph.js';
import { DockerApi, type DockerRequest } from './docker-api.js';
import { dockerContents, dockerHolds } from './docker-contents.js';
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
} from '../engine.js';

type OnEvent = { readonly onEvent?: ((event: EngineEvent) => void) | undefined };

/** A Docker Engine, or anything that speaks its API, with either of its image stores. */
export class DockerEngine implements BuildingEngine {
  readonly kind: 'docker' | 'podman';
  readonly location: string;
  readonly #docker: DockerApi;
  readonly #isLocal: boolean;

  constructor(kind: 'docker' | 'podman', target: DockerTarget) {
    this.kind = kind;
    this.location = `${kind === 'docker' ? 'docker-daemon' : kind}:${target.host}`;
    this.#docker = new DockerApi(this.location, target);
    this.#isLocal = 'socketPath' in target.connection;
  }

  /** Finds out whether it answers within some milliseconds. @throws ImageError UNAVAILABLE */
  async ping(timeout: number): Promise<void> {
    await this.#docker.text('GET', '/_ping', { signal: AbortSignal.timeout(timeout) });
  }

  async platform(options?: CallOptions): Promise<Platform> {
    const { Os: os, Arch: architecture } = await this.#version(options);
    return { os, architecture };
  }

  /** Docker does from version 23 on. */
  async takesZstd(options?: CallOptions): Promise<boolean> {
    return this.kind === 'podman' || parseInt((await this.#version(options)).Version, 10) >= 23;
  }

  async inspect(image: string, options?: CallOptions): Promise<EngineImage | undefined> {
    try {
      return describe(await this.#get<Found>(`/images/${this.#spelled(image)}/json`, options));
    } catch (error) {
      if (error instanceof ImageError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async list(options?: CallOptions): Promise<readonly EngineImage[]> {
    return (await this.#get<readonly Found[]>('/images/json', options)).map(describe);
  }

  async dataFolder(options?: CallOptions): Promise<string | undefined> {
    // Another machine's folders say nothing here, even where one of ours has the same name.
    if (!this.#isLocal) return undefined;
    const { DockerRootDir: folder } = await this.#get<{ DockerRootDir?: string }>('/info', options);
    return folder !== undefined && existsSync(folder) ? folder : undefined;
  }

  async inUse(options?: CallOptions): Promise<ReadonlySet<Digest>> {
    type Containers = readonly { readonly ImageID: string }[];
    const containers = await this.#get<Containers>('/containers/json?all=true', options);
    return new Set(containers.map(({ ImageID }) => parseDigest(ImageID)));
  }

  async contents(id: Digest): Promise<readonly ImagePart[]> {
    return dockerContents(this.#docker, id);
  }

  async holds(graph: Graph): Promise<ReadonlySet<Digest>> {
    return dockerHolds(this.#docker, graph);
  }

  async tag(image: string, reference: string, options?: CallOptions): Promise<void> {
    const { tag = 'latest', ...name } = parseReference(reference);
    await this.#docker.text('POST', `/images/${this.#spelled(image)}/tag`, {
      ...options,
      query: { repo: this.#named(name), tag },
    });
  }

  async remove(reference: string, options?: CallOptions): Promise<void> {
    await this.#docker.text('DELETE', `/images/${this.#spelled(reference)}`, options);
  }

  async source(
    reference: string,
    { spoolFolder, signal }: CallOptions & { readonly spoolFolder: string },
  ): Promise<Source> {
    const image = await this.inspect(reference, { signal });
    const path = `/images/${this.#spelled(reference)}/get`;
    const saved = await this.#docker.stream('GET', path, { signal });
    const { source } = await openPipedArchive(`${this.location}/${reference}`, saved, {
      spoolFolder,
      signal,
      // Unpacked, so at least what the archive will take.
      expected: image?.size ?? 0,
    });
    return source;
  }

  sink({ onEvent }: OnEvent = {}): Sink {
    return new ArchiveWriter(this.location, (archive, options) =>
      this.#told('/images/load', onEvent, { ...options, body: archive }),
    );
  }

  async build(
    request: BuildRequest,
    { onEvent, signal }: OnEvent & CallOptions = {},
  ): Promise<EngineImage> {
    const { context, dockerfile, reference, args, labels, target, platform, network } = request;
    await this.#told('/build', onEvent, {
      query: {
        t: this.#spelled(reference),
        dockerfile,
        buildargs: JSON.stringify(args),
        labels: JSON.stringify(labels),
        forcerm: 'true',
        target,
        platform,
        networkmode: network,
      },
      body: context,
      signal,
    });
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
    return runInContainer(this.#docker, { ...request, image }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#docker[Symbol.dispose]();
  }

  #version(options?: CallOptions) {
    return this.#get<{ Os: string; Arch: string; Version: string }>('/version', options);
  }

  #get<T>(path: string, options?: CallOptions): Promise<T> {
    return this.#docker.json<T>('GET', path, options);
  }

  /** Sends a tar, and tells what the engine says while it works on it. */
  async #told(path: string, onEvent: OnEvent['onEvent'], request: DockerRequest): Promise<void> {
    const answer = await this.#docker.stream('POST', path, request);
    await readDockerStream(answer, { location: this.location, onEvent });
  }

  /** The engine's own spelling of a reference; IDs stay as they are. Podman takes no short name for docker's. */
  #spelled(image: string): string {
    return isDigest(image) ? image : this.#named(parseReference(image));
  }

  #named(reference: Reference): string {
    return this.kind === 'podman' ? formatReference(reference) : familiarReference(reference);
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
