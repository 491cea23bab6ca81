import { ImageError } from '../errors.js';
import { isObject, type JsonObject } from '../oci/json.js';
import { canonicalReference } from '../oci/reference.js';
import { yaml } from './libraries.js';
import type { YamlFile } from './read-yaml.js';
import { problemsIn, reasonNotToParse } from './yaml-bounds.js';

/** An image that a Kubernetes manifest names. */
export interface KubernetesImage {
  /** The name in the manifest. */
  readonly image: string;
  /** The name, fully qualified. */
  readonly reference: string;
  /** Objects that name it, as `Deployment/web`. */
  readonly usedBy: readonly string[];
}

/** Keys of containers in a PodSpec (Kubernetes API). Every workload, also of a custom kind, contains a PodSpec. */
const CONTAINER_KEYS = ['initContainers', 'containers', 'ephemeralContainers'];

/**
 * The images in a file of Kubernetes manifests, which may have several documents: each image once, in order.
 *
 * @throws ImageError USAGE (not YAML, not manifests, not a reference)
 */
export function parseKubernetes({ text, path }: YamlFile): KubernetesImage[] {
  const found = new Map<string, { readonly image: string; readonly usedBy: Set<string> }>();
  for (const value of documentsIn({ text, path })) {
    if (value === null) continue;
    if (!isObject(value) || typeof value['kind'] !== 'string')
      throw refuse(path, 'expected Kubernetes manifests, got a document without a kind');
    collect(value, nameOf(value), (image, usedBy) => {
      const reference = referenceOf(image, `${path}: ${usedBy}`);
      const known = found.get(reference) ?? { image, usedBy: new Set() };
      found.set(reference, known);
      known.usedBy.add(usedBy);
    });
  }
  return [...found].map(([reference, { image, usedBy }]) => ({
    image,
    reference,
    usedBy: [...usedBy],
  }));
}

function collect(
  value: unknown,
  usedBy: string,
  onImage: (image: string, usedBy: string) => void,
): void {
  if (Array.isArray(value)) for (const each of value) collect(each, usedBy, onImage);
  if (!isObject(value)) return;
  // The items of a List are manifests themselves.
  const name =
    typeof value['kind'] === 'string' && isObject(value['metadata']) ? nameOf(value) : usedBy;
  for (const [key, each] of Object.entries(value)) {
    if (CONTAINER_KEYS.includes(key) && Array.isArray(each))
      for (const container of each as unknown[])
        if (
          isObject(container) &&
          typeof container['image'] === 'string' &&
          container['image'] !== ''
        )
          onImage(container['image'], name);
    // A node pulls the images of image volumes, too.
    if (key === 'volumes' && Array.isArray(each))
      for (const volume of each as unknown[]) {
        const image = isObject(volume) && isObject(volume['image']) ? volume['image'] : {};
        if (typeof image['reference'] === 'string') onImage(image['reference'], name);
      }
    collect(each, name, onImage);
  }
}

function nameOf(manifest: JsonObject): string {
  const metadata = isObject(manifest['metadata']) ? manifest['metadata'] : {};
  const name = metadata['name'] ?? metadata['generateName'];
  const kind = String(manifest['kind']);
  return typeof name === 'string' ? `${kind}/${name}` : kind;
}

/** Limit for a file (characters): a rendered chart with custom resource definitions has some millions. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

function documentsIn({ text, path }: YamlFile): unknown[] {
  const why = reasonNotToParse(text, MAX_CHARACTERS);
  if (why !== undefined) throw refuse(path, why);
  const documents = yaml().parseAllDocuments(text, { logLevel: 'error', uniqueKeys: false });
  return [...documents].map((document) => {
    const [error] = [...document.errors, ...problemsIn(document)];
    if (error) throw refuse(path, error.message);
    try {
      return document.toJS() as unknown;
    } catch (cause) {
      throw refuse(path, cause instanceof Error ? cause.message : String(cause));
    }
  });
}

function referenceOf(image: string, where: string): string {
  try {
    return canonicalReference(image);
  } catch (cause) {
    throw new ImageError(
      'USAGE',
      `${where}: expected the name of an image, got ${JSON.stringify(image)}`,
      {
        cause,
        hint: 'Render a template first, for example with helm template or kustomize build.',
      },
    );
  }
}

function refuse(path: string, problem: string): ImageError {
  return new ImageError('USAGE', `${path}: ${problem}`, { location: path });
}
