import { existsSync } from 'node:fs';
import { openPipedArchive } from '../../archive/open-archive.js';
import { lentBody } from '../../http/lent-body.js';
import { ImageError } from '../../errors.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import type { Fields } from './fields.js';
import type { Platform } from '../../oci/platform.js';
import {
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
} from '../../oci/reference.js';
import type { CallOptions, Sink, Source } from '../../transfer/store.js';
import { withPresentPlatforms } from '../present-platforms.js';
import type { Graph } from '../../transfer/graph/graph.js';
import { builderOf } from './builder.js';
import { DockerApi, type DockerRequest } from './docker-api.js';
import { dockerContents, dockerHolds, hasContainerdStore } from './docker-contents.js';
import type { DockerTarget } from './connection/docker-host.js';
import { askForManifests, readDockerImage, TELLS_MANIFESTS } from './docker-image.js';
import { runInContainer } from './docker-run.js';
import { readDockerStream, type DockerStreamResult } from './docker-stream.js';
import { DockerWriter } from './docker-writer.js';
import type {
  Builder,
  BuildingEngine,
  BuildRequest,
  EngineBuildOptions,
  EngineEvent,
  EngineImage,
  EngineSourceOptions,
  ImagePart,
  RunRequest,
} from '../engine.js';

type OnEvent = { readonly onEvent?: ((event: EngineEvent) => void) | undefined };

/** A Docker Engine with either image store, or another engine with the same API. */
export class DockerEngine implements BuildingEngine {
  readonly kind: 'docker' | 'podman';
  readonly location: string;
  readonly host: string;
  readonly #docker: DockerApi;
  readonly #isLocal: boolean;
  readonly #buildKit: string | undefined;

  /** @param buildKit the value of `DOCKER_BUILDKIT` */
  constructor(kind: 'docker' | 'podman', target: DockerTarget, buildKit?: string) {
    this.#buildKit = buildKit;
    this.kind = kind;
    this.host = target.host;
    this.location = `${kind === 'docker' ? 'docker-daemon' : kind}:${target.host}`;
    this.#docker = new DockerApi(this.location, target);
    this.#isLocal = 'socketPath' in target.connection;
  }

  /** Checks that the engine answers. @param timeout in milliseconds. @throws ImageError UNAVAILABLE */
  async ping(timeout: number): Promise<void> {
    await this.#docker.ping(timeout);
  }

  async version(options?: CallOptions): Promise<string> {
    const version = await this.#version(options);
    return `${version.string('Version')}, API ${version.string('ApiVersion')}`;
  }

  async platform(options?: CallOptions): Promise<Platform> {
    const version = await this.#version(options);
    const [os, architecture] = [version.string('Os'), version.string('Arch')];
    const kernel = version.raw('KernelVersion');
    // Windows: `10.0 17763 (17763.1.amd64fre.rs5_release.180914-1434)`. A container needs the build of its host.
    const [, release, build] =
      (typeof kernel === 'string' && /^([0-9]+\.[0-9]+) ([0-9]+) \(/.exec(kernel)) || [];
    const isKnown = os === 'windows' && release !== undefined && build !== undefined;
    return { os, architecture, ...(isKnown ? { 'os.version': `${release}.${build}` } : {}) };
  }

  /** Docker supports zstd since version 23. */
  async takesZstd(options?: CallOptions): Promise<boolean> {
    if (this.kind === 'podman') return true;
    return parseInt((await this.#version(options)).string('Version'), 10) >= 23;
  }

  /** Containerd's image store keeps indexes; with older versions of the API it would not be known what is there of them. */
  async keepsIndex(): Promise<boolean> {
    return this.#docker.speaks(TELLS_MANIFESTS) && hasContainerdStore(this.#docker);
  }

  async inspect(image: string, options?: CallOptions): Promise<EngineImage | undefined> {
    try {
      const path = `/images/${this.#nameFor(image)}/json`;
      const query = askForManifests(this.#docker);
      return readDockerImage(await this.#docker.object('GET', path, { ...options, query }));
    } catch (error) {
      if (error instanceof ImageError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async list(options?: CallOptions): Promise<readonly EngineImage[]> {
    return (await this.#docker.list('/images/json', options)).map(readDockerImage);
  }

  async dataFolder(options?: CallOptions): Promise<string | undefined> {
    // The path is valid on the engine's machine only, even if a local folder has the same path.
    if (!this.#isLocal) return undefined;
    const folder = (await this.#docker.object('GET', '/info', options)).raw('DockerRootDir');
    return typeof folder === 'string' && existsSync(folder) ? folder : undefined;
  }

  async inUse(options?: CallOptions): Promise<ReadonlySet<Digest>> {
    const containers = await this.#docker.list('/containers/json', {
      ...options,
      query: { all: 'true' },
    });
    return new Set(containers.map((each) => each.digest('ImageID')));
  }

  contents(options?: CallOptions): Promise<ReadonlyMap<Digest, readonly ImagePart[]>> {
    return dockerContents(this.#docker, options);
  }

  async holds(graph: Graph): Promise<ReadonlySet<Digest>> {
    return dockerHolds(this.#docker, graph);
  }

  async tag(image: string, reference: string, options?: CallOptions): Promise<void> {
    const { tag = 'latest', ...name } = parseReference(reference);
    const found = this.#docker.client.getImage(this.#nameFor(image));
    await found.tag({ repo: this.#formatName(name), tag, ...abortOf(options) });
  }

  async remove(reference: string, options?: CallOptions): Promise<void> {
    const image = this.#docker.client.getImage(this.#nameFor(reference));
    await image.remove(abortOf(options));
  }

  async source(
    reference: string,
    { spoolFolder, signal, platforms, onNotice }: EngineSourceOptions,
  ): Promise<Source> {
    const image = await this.inspect(reference, { signal });
    const path = `/images/${this.#nameFor(reference)}/get`;
    const saved = await this.#docker.stream('GET', path, { lend: true, signal });
    const { source } = await openPipedArchive(`${this.location}/${reference}`, lentBody(saved), {
      spoolFolder,
      signal,
      isLent: true,
      // The unpacked size, an upper bound for the archive.
      expected: image?.size ?? 0,
    });
    const own = () => this.platform({ signal });
    return withPresentPlatforms(source, { platforms, own, onNotice, signal });
  }

  sink({ onEvent }: OnEvent = {}): Sink {
    return new DockerWriter({
      location: this.location,
      needsFullNames: this.kind === 'podman',
      load: async (archive, options) =>
        (await this.#sendTar('/images/load', onEvent, { ...options, body: archive })).recent,
      inspect: (image, options) => this.inspect(image, options),
      platform: (options) => this.platform(options),
      remove: (reference, options) => this.remove(reference, options),
    });
  }

  async builder(options: CallOptions = {}): Promise<Builder> {
    return builderOf(this.#docker, this.#buildKit, options);
  }

  async build(request: BuildRequest, options: EngineBuildOptions = {}): Promise<EngineImage> {
    const { reference } = request;
    const { kind } = await this.builder(options);
    const { location, host } = this;
    const { buildImage } = await import('./docker-build.js');
    const name = this.#nameFor(reference);
    const build = { ...request, reference: name, builder: kind };
    const imageId = await buildImage(this.#docker, build, { ...options, location, host });
    const image = imageId === undefined ? undefined : await this.inspect(reference, options);
    if (image) return image;
    throw new ImageError(
      'INVALID',
      `${this.location}: the build ended without the image ${reference}`,
      { location: this.location },
    );
  }

  async run(request: RunRequest, options: CallOptions = {}): Promise<number> {
    const image = this.#nameFor(request.image);
    return runInContainer(this.#docker, { ...request, image }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#docker[Symbol.dispose]();
  }

  #version(options?: CallOptions): Promise<Fields> {
    return this.#docker.object('GET', '/version', options);
  }

  /** Sends a tar, and reports the engine's progress. */
  async #sendTar(
    path: string,
    onEvent: OnEvent['onEvent'],
    request: DockerRequest,
  ): Promise<DockerStreamResult> {
    const answer = await this.#docker.stream('POST', path, request);
    return readDockerStream(answer, { location: this.location, host: this.host, onEvent });
  }

  /** A reference as the engine expects it; an ID is unchanged. Podman does not resolve docker's short names. */
  #nameFor(image: string): string {
    return isDigest(image) ? image : this.#formatName(parseReference(image));
  }

  #formatName(reference: Reference): string {
    return this.kind === 'podman' ? formatReference(reference) : familiarReference(reference);
  }
}

function abortOf({ signal }: CallOptions = {}): { readonly abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}
