import { ImageError, tooLarge } from '../errors.js';
import { parseConfig } from '../oci/config.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import { DEFAULT_LIMITS, type Limits } from '../oci/limits.js';
import { children, parseManifest, type ImageManifest } from '../oci/manifest.js';
import {
  isForeignLayerType,
  isImageConfigType,
  isManifestType,
  isPlainLayerType,
} from '../oci/media-types.js';
import { isLocated } from '../transfer/extent.js';
import type { CallOptions, Source } from '../transfer/store.js';
import { readContent } from '../transfer/verified.js';
import type { Leaf } from './check-content.js';
import { createProblem, type ImageProblem } from './problem.js';

/** Options of {@link checkStructure}. */
export interface StructureOptions extends CallOptions {
  /** Name of the image in problems. */
  readonly image: string;
  /** Do not report platforms of an index that are missing. */
  readonly allowSparse?: boolean | undefined;
  /** Receives the content to hash. */
  readonly leaves: Map<Digest, Leaf>;
  /** Receives the digests of the manifests and configs that were read; those in it already are skipped. */
  readonly seen: Set<Digest>;
  /** Receives the foreign layers that are absent, which is no problem, by digest of the config of their image. */
  readonly foreign: Map<Digest, Descriptor[]>;
}

/** Number of problems of an image after which its check stops. */
const MAX_PROBLEMS = 10_000;

/** Checks the manifests and configs of an image, continuing after problems, and adds its other content to `leaves`. */
export async function checkStructure(
  source: Source,
  root: Descriptor,
  options: StructureOptions,
): Promise<ImageProblem[]> {
  const check = new StructureCheck(source, options);
  await check.visit(root, 0);
  if (check.isFull)
    await check.report(
      root,
      tooLarge(`${source.location}: ${options.image}: more than ${MAX_PROBLEMS} problems`),
    );
  return check.problems;
}

/** The check of one image. */
class StructureCheck {
  readonly problems: ImageProblem[] = [];
  readonly #source: Source;
  readonly #options: StructureOptions;
  readonly #limits: Limits;

  constructor(source: Source, options: StructureOptions) {
    this.#source = source;
    this.#options = options;
    this.#limits = source.limits ?? DEFAULT_LIMITS;
  }

  get isFull(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  /** Checks a node and what it names. @param depth number of indexes above it. */
  async visit(node: Descriptor, depth: number): Promise<void> {
    const { seen } = this.#options;
    if (seen.has(node.digest) || this.isFull) return;
    if (!isManifestType(node.mediaType)) {
      if (await this.#isPresent(node)) this.#addLeaf(node);
      return;
    }
    if ((await this.#isSparse(node, depth)) || !(await this.#isPresent(node))) return;
    seen.add(node.digest);
    const { indexDepth } = this.#limits;
    if (depth > indexDepth) {
      const message = `${this.#source.location}: ${node.digest}: indexes nested deeper than ${indexDepth} levels`;
      await this.report(node, tooLarge(message));
      return;
    }
    await this.#visitManifest(node, depth);
  }

  /** Adds a problem of a document. */
  async report(node: Descriptor, error: ImageError): Promise<void> {
    const extent = isLocated(this.#source) ? await this.#source.locate(node) : undefined;
    const where = { member: extent?.member ?? null, offset: extent?.offset ?? null };
    const { code, message } = error;
    this.#add({ code, digest: node.digest, ...where, message });
  }

  async #visitManifest(node: Descriptor, depth: number): Promise<void> {
    const manifest = await this.#read(node, (bytes) =>
      parseManifest(node.mediaType, bytes, this.#limits),
    );
    if (!manifest) return;
    if (manifest.kind === 'image' && isImageConfigType(manifest.config.mediaType))
      await this.#visitImage(node, manifest);
    else for (const child of children(manifest)) await this.visit(child, depth + 1);
  }

  async #visitImage(node: Descriptor, { config, layers }: ImageManifest): Promise<void> {
    const diffIds = await this.#diffIdsOf(config);
    if (diffIds && diffIds.length !== layers.length) {
      const message = `${this.#source.location}: ${node.digest}: it has ${layers.length} layers, but its config has ${diffIds.length} diff IDs`;
      await this.report(node, new ImageError('INVALID', message));
    }
    const isMatching = diffIds?.length === layers.length;
    for (const [at, layer] of layers.entries()) {
      const diffId = isMatching ? diffIds[at] : undefined;
      const isPlain = isPlainLayerType(layer.mediaType);
      if (isPlain && diffId !== undefined && diffId !== layer.digest)
        this.#addWrongLayer(`layer ${at} of ${node.digest}`, layer.digest, diffId);
      if (await this.#isAbsentForeign(layer)) this.#addForeign(config.digest, layer);
      else if (await this.#isPresent(layer)) this.#addLeaf(layer, isPlain ? undefined : diffId);
    }
  }

  /**
   * Undefined when the config is absent or invalid, which is reported; also for a config without a file system: its image
   * is an artifact, and its layers have no diff IDs.
   */
  async #diffIdsOf(config: Descriptor): Promise<readonly Digest[] | undefined> {
    const parsed = (await this.#isPresent(config))
      ? await this.#read(config, (bytes) => parseConfig(bytes, this.#limits))
      : undefined;
    this.#options.seen.add(config.digest);
    return parsed?.diffIds;
  }

  /** Reads and parses a document; undefined when that failed, which is reported. */
  async #read<T>(node: Descriptor, parse: (bytes: Uint8Array) => T): Promise<T | undefined> {
    try {
      return parse(await readContent(this.#source, node, this.#options));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      await this.report(node, error);
      return undefined;
    }
  }

  /** Whether a platform of an index is missing, and may be. */
  async #isSparse(node: Descriptor, depth: number): Promise<boolean> {
    const mayBe = this.#options.allowSparse === true && depth > 0;
    return mayBe && !(await this.#source.has(node, this.#options));
  }

  /** Whether content exists; if not, that is reported. */
  async #isPresent(node: Descriptor): Promise<boolean> {
    if (await this.#source.has(node, this.#options)) return true;
    const { digest, platform } = node;
    const where = platform ? ` for ${platform.os}/${platform.architecture}` : '';
    const message = `${this.#source.location}: ${digest}${where} is missing`;
    this.#add({ code: 'INCOMPLETE', digest, expected: digest, message });
    return false;
  }

  async #isAbsentForeign(layer: Descriptor): Promise<boolean> {
    return isForeignLayerType(layer.mediaType) && !(await this.#source.has(layer, this.#options));
  }

  #addForeign(config: Digest, layer: Descriptor): void {
    const { foreign } = this.#options;
    const known = foreign.get(config);
    if (known) known.push(layer);
    else foreign.set(config, [layer]);
  }

  #addWrongLayer(where: string, actual: Digest, expected: Digest): void {
    const message = `${this.#source.location}: ${where}: expected ${expected} as in its config, got ${actual}`;
    this.#add({ code: 'INVALID', digest: actual, expected, actual, message });
  }

  #add(problem: Parameters<typeof createProblem>[0]): void {
    this.problems.push(createProblem({ image: this.#options.image, ...problem }));
  }

  #addLeaf(descriptor: Descriptor, diffId?: Digest): void {
    const { image, leaves } = this.#options;
    const known = diffId ?? leaves.get(descriptor.digest)?.diffId;
    const leaf = { source: this.#source, descriptor, image };
    leaves.set(descriptor.digest, { ...leaf, ...(known ? { diffId: known } : {}) });
  }
}
