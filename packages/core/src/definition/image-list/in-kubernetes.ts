import type { ListContent } from './list-content.js';
import { mapField, textField, type ListValue, type MapValue, type Value } from './yaml-value.js';

/**
 * Adds the images of a Kubernetes manifest of any kind. A map with an `image` is a container when its key or that of its
 * list says so, when it is an item with a name, when it has another field of a container, or when the image is a complete
 * reference. This holds for pods in every workload, for steps of workflows and for custom resources.
 */
export function addKubernetesImages(manifest: MapValue, content: ListContent): void {
  const seen = new Map<Value, Set<string>>();
  // A list in place of recursion: values of aliases can be nested more deeply than the text.
  const todo: [Value, Place][] = [
    [manifest, { usedBy: objectName(manifest), key: '', isItem: false }],
  ];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [value, place] = next;
    if (value.kind === 'text' || !isNew(seen, value, place)) continue;
    if (value.kind === 'map') addImage(value, place, content);
    // Not with a spread: a list may have more items than a call may have arguments.
    for (const child of childrenOf(value, place).reverse()) todo.push(child);
  }
}

export function objectName(manifest: MapValue): string {
  const metadata = mapField(manifest, 'metadata');
  const name = metadata && (textField(metadata, 'name') ?? textField(metadata, 'generateName'));
  const kind = textField(manifest, 'kind') ?? '';
  return name === undefined ? kind : `${kind}/${name}`;
}

/** The place of a value in a manifest. */
interface Place {
  /** The object around it. */
  readonly usedBy: string;
  /** Its key, or that of the list that it is an item of. */
  readonly key: string;
  readonly isItem: boolean;
}

/** Names of containers in pods, in Argo and in Tekton, in singular or plural, also as a part of a name. */
const CONTAINER_KEY = /container|sidecar|script|step/i;
/** Fields of a container (Kubernetes API core/v1) that other maps with an `image` hardly have. */
const CONTAINER_FIELDS = [
  ...['args', 'command', 'env', 'envFrom', 'imagePullPolicy', 'livenessProbe', 'readinessProbe'],
  ...['resources', 'securityContext', 'startupProbe', 'volumeMounts', 'workingDir'],
];
/** Fields that describe an object, or that no node runs. */
const NOT_RUN = ['metadata', 'openAPIV3Schema'];
const NOT_RUN_IN_OBJECT = [...NOT_RUN, 'status', 'data', 'stringData', 'binaryData'];

function childrenOf(value: ListValue | MapValue, place: Place): [Value, Place][] {
  if (value.kind === 'list') return value.items.map((item) => [item, { ...place, isItem: true }]);
  const usedBy = usedIn(value, place);
  const notRun = textField(value, 'kind') === undefined ? NOT_RUN : NOT_RUN_IN_OBJECT;
  return [...value.fields]
    .filter(([key]) => !notRun.includes(key))
    .map(([key, each]) => [each, { usedBy, key, isItem: false }]);
}

/** The name of a map that is an object itself, as an item of a List; otherwise of the object around it. */
function usedIn(map: MapValue, { usedBy }: Place): string {
  const isObject = textField(map, 'kind') !== undefined && mapField(map, 'metadata') !== undefined;
  return isObject ? objectName(map) : usedBy;
}

/** Whether a value was not seen in such a place; a value with several aliases stands in several. */
function isNew(
  seen: Map<Value, Set<string>>,
  value: Value,
  { usedBy, key, isItem }: Place,
): boolean {
  const places = seen.get(value) ?? new Set();
  seen.set(value, places);
  const { size } = places;
  return (
    places.add(`${usedBy} ${isItem} ${CONTAINER_KEY.test(key)} ${key === 'volumes'}`).size > size
  );
}

function addImage(map: MapValue, place: Place, content: ListContent): void {
  const image = map.fields.get('image');
  if (image?.kind === 'text' && image.text !== '' && isContainer(map, image.text, place))
    content.addImage(image.text, image.line, usedIn(map, place));
  // A node pulls the images of image volumes, too.
  const reference = image?.kind === 'map' ? image.fields.get('reference') : undefined;
  if (
    place.key === 'volumes' &&
    place.isItem &&
    reference?.kind === 'text' &&
    reference.text !== ''
  )
    content.addImage(reference.text, reference.line, usedIn(map, place));
}

function isContainer(map: MapValue, image: string, { key, isItem }: Place): boolean {
  if (image.includes('{{') || CONTAINER_FIELDS.some((field) => map.fields.has(field))) return true;
  // The address of a picture.
  if (image.includes('://')) return false;
  return CONTAINER_KEY.test(key) || (isItem && map.fields.has('name')) || isComplete(image);
}

/** Limit for a reference (characters), above that of its grammar. */
const MAX_REFERENCE = 1000;

/** Whether a text is a reference with a registry and a tag or digest. */
function isComplete(image: string): boolean {
  return image.length < MAX_REFERENCE && /^[^/\s]*[.:][^/\s]*\/.*(?::[^/]+|@.+)$/.test(image);
}
