import type { TarMember } from '../archive/tar/pack-tar.js';
import type { Digest } from '../oci/digest.js';
import type { Platform, PlatformChoice } from '../oci/platform.js';
import type { CallOptions, Sink, Source } from '../transfer/store.js';
import { imagesOf, type Graph } from '../transfer/graph/graph.js';

/** The kind of an engine. */
export type EngineKind = 'docker' | 'podman' | 'containerd' | 'embedded';

/** An image as an engine lists it. */
export interface EngineImage {
  /** The config's digest (docker's classic store), or the manifest's or index's (containerd's, ours). */
  readonly id: Digest;
  /** Fully qualified references. */
  readonly references: readonly string[];
  /** Fully qualified references by digest, where the engine keeps them, for an image without a tag. */
  readonly untagged?: readonly string[];
  /** References that lack their name by digest, in an engine that keeps both; `tag` adds it. */
  readonly withoutDigest?: readonly string[];
  /** The label by which the engine itself protects the image from removal; absent when it does not. */
  readonly pinnedBy?: string;
  /** Manifest digests under which registries know it; empty for an image from no registry. */
  readonly digests: readonly Digest[];
  /** Unpacked size in bytes. */
  readonly size: number;
  /** Time of arrival, in milliseconds since 1970; absent where the engine does not keep it. */
  readonly since?: number;
  /**
   * The manifests that its name leads to, of an engine that keeps indexes and manifests: of an index one for each platform,
   * present or not. Absent where the engine does not tell.
   */
  readonly manifests?: readonly EngineManifest[];
}

/** The image of one platform in an engine that keeps manifests. */
export interface EngineManifest {
  readonly digest: Digest;
  /** Whether the engine has all of its content. */
  readonly isWhole: boolean;
  /** Whether its layers are unpacked; those of other platforms than the engine's need not be. */
  readonly isUnpacked: boolean;
}

/** A part of an image on an engine's disk; images that share it name the same `id`. */
export interface ImagePart {
  readonly id: string;
  /** Size on disk, in bytes. */
  readonly bytes: number;
}

/** A container engine, or a store in its place (`embedded`). */
export interface Engine extends AsyncDisposable {
  readonly kind: EngineKind;
  /** Location for messages: `docker-daemon:unix:///var/run/docker.sock`. */
  readonly location: string;

  /** Its version, and that of its API where it has one, for people: `29.0.1, API 1.52`. @throws ImageError UNAVAILABLE */
  version?(options?: CallOptions): Promise<string>;

  /** The platform that it selects from an index; undefined when it keeps whole indexes. @throws ImageError UNAVAILABLE */
  platform(options?: CallOptions): Promise<Platform | undefined>;

  /** Whether it unpacks layers that are compressed with zstd. */
  takesZstd(options?: CallOptions): Promise<boolean>;

  /** Whether it keeps the index of an image of which it gets the content for one platform only; false when omitted. */
  keepsIndex?(options?: CallOptions): Promise<boolean>;

  /** Looks an image up by reference or ID, with one request. */
  inspect(image: string, options?: CallOptions): Promise<EngineImage | undefined>;

  /** Lists its images. */
  list(options?: CallOptions): Promise<readonly EngineImage[]>;

  /** Folder of this machine that holds its images; undefined when that is not known. */
  dataFolder(options?: CallOptions): Promise<string | undefined>;

  /** Digests of images that have a container, running or stopped. */
  inUse(options?: CallOptions): Promise<ReadonlySet<Digest>>;

  /**
   * The parts of its images on the engine's disk, by image ID. Where the engine does not tell the sizes of layers that images
   * share, they are those that its other answers imply.
   */
  contents(options?: CallOptions): Promise<ReadonlyMap<Digest, readonly ImagePart[]>>;

  /** Blobs of a graph that need not be sent, because the engine has their content from other images. */
  holds(graph: Graph, options?: CallOptions): Promise<ReadonlySet<Digest>>;

  /** Adds a name to an image of the engine. @throws ImageError NOT_FOUND */
  tag(image: string, reference: string, options?: CallOptions): Promise<void>;

  /**
   * Removes a name, and with its last name the image; or an image without a name, by ID. @throws ImageError NOT_FOUND,
   * CONFLICT (in use)
   */
  remove(reference: string, options?: CallOptions): Promise<void>;

  /**
   * Opens one of its images for reading.
   *
   * @throws ImageError NOT_FOUND, NO_SPACE, UNAVAILABLE
   */
  source(reference: string, options: EngineSourceOptions): Promise<Source>;

  /** Opens a sink for images; the engine gets them at commit. */
  sink(options?: EngineSinkOptions): Sink;
}

/** Options for reading an image of an engine. */
export interface EngineSourceOptions extends CallOptions {
  /** Folder for the exported archive, a temporary file that is deleted when the source is disposed of. */
  readonly spoolFolder: string;
  /**
   * The platforms to take of an image of several; when omitted, all if all are there, else the engine's own. Of one platform
   * the source has the image; of more the whole index, with the content that is there.
   */
  readonly platforms?: PlatformChoice | undefined;
  /** Called with a notice when an image is taken out of its index. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** Options for writing images to an engine. */
export interface EngineSinkOptions {
  /** Called with each line of the engine's progress. */
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

/** Options for building an image. */
export interface EngineBuildOptions extends CallOptions, EngineSinkOptions {}

/** A line of the engine's own progress, or the next step of a build. */
export type EngineEvent =
  | { readonly type: 'engine'; readonly text: string }
  | { readonly type: 'step'; readonly subject: string; readonly text: string };

/**
 * What builds the Dockerfiles of an engine: BuildKit, docker's older builder, which lacks many features of Dockerfiles, or
 * buildah, of podman.
 */
export interface Builder {
  readonly kind: 'buildkit' | 'classic' | 'buildah';
  /** Of buildah its own; of the others that of the engine's API. */
  readonly version?: string;
}

/** One build of a Dockerfile. */
export interface BuildRequest {
  /** The context, with the Dockerfile. */
  readonly context: readonly TarMember[];
  /** Members of further contexts, by name; a builder of kind `classic` has none. */
  readonly contexts?: ReadonlyMap<string, readonly TarMember[]>;
  /** Names of members of the context that the builder reads and may not copy; for a builder of kind `buildkit` alone. */
  readonly hidden?: ReadonlySet<string>;
  /** Path of the Dockerfile inside the context. */
  readonly dockerfile: string;
  readonly reference: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: string;
  readonly network?: string;
  readonly steps?: StepSettings;
  /** Take no step from the builder's cache. */
  readonly noCache?: boolean;
  /** Ask the registries for every base, also for one that the engine has. */
  readonly pull?: boolean;
  /** What a builder of kind `buildkit` may ask for during the build; others get none of it. */
  readonly answers?: BuildAnswers;
}

/** What the steps of a build run with. */
export interface StepSettings {
  /** Entries of the hosts file; the address is an IP address, or `host-gateway`. */
  readonly addHosts?: readonly { readonly name: string; readonly address: string }[];
  /** Size of `/dev/shm`, in bytes. */
  readonly shmSize?: number;
  /** Limits of each process; -1 is none. */
  readonly ulimits?: readonly {
    readonly name: string;
    readonly soft: number;
    readonly hard: number;
  }[];
}

/** What a build may ask for. None of it is in the image, in a cache or in a message. */
export interface BuildAnswers {
  /** Secrets by ID, for `RUN --mount=type=secret,id=ID`. */
  readonly secrets?: ReadonlyMap<string, Uint8Array>;
  /** Sockets of SSH agents by ID, for `RUN --mount=type=ssh,id=ID`. */
  readonly sshAgents?: ReadonlyMap<string, string>;
  /** The login of a registry, for images that the builder pulls. */
  readonly login?: (registry: string) => Promise<BuildLogin | undefined>;
}

/** A login as the builder takes it; for an identity token the user is empty. */
export interface BuildLogin {
  readonly user: string;
  readonly password: string;
}

/** One command to run in a new container. */
export interface RunRequest {
  /** A reference or ID. */
  readonly image: string;
  /** Program and arguments, instead of the image's entrypoint and command. */
  readonly command: readonly string[];
  readonly network: string;
  /** Called with each line of its output. */
  readonly onLine?: (line: string) => void;
}

/** An engine that also runs Dockerfiles and commands. */
export interface BuildingEngine extends Engine {
  /** Its address, as in DOCKER_HOST: `unix:///var/run/docker.sock`. */
  readonly host: string;

  /** What builds its Dockerfiles. @throws ImageError UNAVAILABLE, USAGE (`DOCKER_BUILDKIT` is no truth value) */
  builder(options?: CallOptions): Promise<Builder>;

  /** @throws ImageError INVALID: a step failed; its last lines are in the message */
  build(request: BuildRequest, options?: EngineBuildOptions): Promise<EngineImage>;

  /** Runs a command in a new container, to its end. @returns its exit code */
  run(request: RunRequest, options?: CallOptions): Promise<number>;
}

/** Whether an engine runs Dockerfiles and commands; the embedded store and containerd do not. */
export function canBuild(engine: Engine): engine is BuildingEngine {
  return 'build' in engine;
}

/**
 * Whether an engine's image is that of a graph: its ID is the digest of one of the graph's documents; or its name leads to
 * all images of the graph, and their content is there, where the engine tells that.
 */
export function isSameImage({ id, manifests }: EngineImage, graph: Graph): boolean {
  const images = imagesOf(graph);
  if (!manifests || images.length === 0) return graph.documents.has(id);
  const whole = new Set(manifests.flatMap(({ digest, isWhole }) => (isWhole ? [digest] : [])));
  return images.every(({ descriptor }) => whole.has(descriptor.digest));
}
