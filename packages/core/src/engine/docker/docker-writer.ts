import { ArchiveWriter } from '../../archive/archive-writer.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { matchesPlatform } from '../../oci/match-platform.js';
import type { Platform } from '../../oci/platform.js';
import type { Bytes, CallOptions } from '../../transfer/store.js';
import { imagesOf, type Graph } from '../../transfer/graph/graph.js';
import type { EngineImage } from '../engine.js';

/** The requests of a {@link DockerWriter} to its engine. */
export interface LoadingEngine {
  readonly location: string;
  /** Whether it takes names without a registry for names of this machine, as podman does, not for Docker Hub's. */
  readonly needsFullNames: boolean;
  /** Sends the archive. @returns the last lines of the engine's response */
  load(archive: Bytes, options: CallOptions): Promise<readonly string[]>;
  inspect(image: string, options?: CallOptions): Promise<EngineImage | undefined>;
  /** The platform whose images it unpacks. */
  platform(options?: CallOptions): Promise<Platform>;
  remove(reference: string, options?: CallOptions): Promise<void>;
}

/**
 * An archive writer that sends the archive to an engine, and asks the engine for the images afterwards: with containerd's
 * image store, a docker answers that an image was loaded also when content is missing or cannot be unpacked. Such an image
 * loses the names that it got.
 */
export class DockerWriter extends ArchiveWriter {
  readonly #sent = new Map<Digest, Graph>();
  readonly #tagged = new Map<string, Digest>();
  readonly #engine: LoadingEngine;

  constructor(engine: LoadingEngine) {
    super(
      engine.location,
      async (archive, options) => {
        const lines = await engine.load(archive, options);
        await this.#check(lines, options);
      },
      { fullNames: engine.needsFullNames },
    );
    this.#engine = engine;
  }

  override async begin(graph: Graph): Promise<ReadonlySet<Digest>> {
    this.#sent.set(graph.root.digest, graph);
    return super.begin(graph);
  }

  override async tag(...[descriptor, reference]: Parameters<ArchiveWriter['tag']>): Promise<void> {
    await super.tag(descriptor, reference);
    this.#tagged.set(reference, descriptor.digest);
  }

  /** @throws ImageError INVALID */
  async #check(lines: readonly string[], options: CallOptions): Promise<void> {
    const problems: string[] = [];
    for (const [reference, digest] of this.#tagged) {
      const graph = this.#sent.get(digest);
      const image = await this.#engine.inspect(reference, options);
      const problem = graph && image && (await this.#problemOf(image, graph, options));
      if (problem === undefined) continue;
      problems.push(`${reference}: ${problem}`);
      await this.#engine.remove(reference, options).catch(ignoreRefusal);
    }
    if (problems.length === 0) return;
    const { location } = this;
    const said = lines.length === 0 ? '' : `\n${lines.join('\n')}`;
    throw new ImageError('INVALID', `${location}: ${problems.join('; ')}${said}`, { location });
  }

  async #problemOf(
    { manifests }: EngineImage,
    graph: Graph,
    options: CallOptions,
  ): Promise<string | undefined> {
    if (!manifests) return undefined;
    for (const { descriptor, layers, config } of imagesOf(graph)) {
      const found = manifests.find(({ digest }) => digest === descriptor.digest);
      // Under a name that another process has changed meanwhile, there is another image.
      if (!found) continue;
      if (!found.isWhole) return `content of ${descriptor.digest} is missing in the engine`;
      if (found.isUnpacked || layers.length === 0) continue;
      if (matchesPlatform(await this.#engine.platform(options), config.platform))
        return `the engine could not unpack the layers of ${descriptor.digest}`;
    }
    return undefined;
  }
}

/** The name stays where the engine refuses to remove it, for example because a container uses the image. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ImageError)) throw error;
}
