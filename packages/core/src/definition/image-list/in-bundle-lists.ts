import { isDigest } from '../../oci/digest.js';
import type { ListContent } from './list-content.js';
import { objectName } from './in-kubernetes.js';
import { listField, mapField, textField, type MapValue, type Value } from './yaml-value.js';

/** Whether a document is a list for mindthegap: `REGISTRY: {images: {REPOSITORY: [TAG]}}`. */
export function isMindthegap({ fields }: MapValue): boolean {
  const all = [...fields];
  return (
    all.some(([, each]) => each.kind === 'map' && each.fields.get('images')?.kind === 'map') &&
    all.every(([registry, each]) => isHost(registry) && (each.kind === 'map' || isEmpty(each)))
  );
}

function isHost(text: string): boolean {
  return /[.:]/.test(text) || text === 'localhost';
}

/** Adds the images of a list for mindthegap; a tag may be a digest. */
export function addMindthegapImages({ fields }: MapValue, content: ListContent): void {
  for (const [registry, settings] of fields) {
    if (settings.kind !== 'map') continue;
    noticeUnread(settings, ['tlsVerify', 'credentials'], content);
    for (const [repository, tags] of mapField(settings, 'images')?.fields ?? [])
      addTags(`${registry}/${repository}`, tags, content);
  }
}

function addTags(repository: string, tags: Value, content: ListContent): void {
  const items = tags.kind === 'list' ? tags.items : [];
  if (isEmpty(tags)) content.addNotice(tags.line, `${repository} has no tags: skipped`);
  else if (tags.kind !== 'list')
    content.addProblem(tags.line, `the tags of ${repository} are not a list`);
  for (const tag of items) {
    if (tag.kind !== 'text') content.addProblem(tag.line, `a tag of ${repository} is not a text`);
    else content.addImage(`${repository}${isDigest(tag.text) ? '@' : ':'}${tag.text}`, tag.line);
  }
}

function isEmpty(value: Value): boolean {
  return value.kind === 'text'
    ? value.text === ''
    : value.kind === 'list' && value.items.length === 0;
}

/** Whether a document is an `Images` manifest of hauler (`content.hauler.cattle.io/v1`). */
export function isHauler(manifest: MapValue): boolean {
  const spec = mapField(manifest, 'spec');
  return textField(manifest, 'kind') === 'Images' && spec?.fields.get('images')?.kind === 'list';
}

/** Adds the images of a manifest of hauler. The annotation `hauler.dev/registry` completes names without a registry. */
export function addHaulerImages(manifest: MapValue, content: ListContent): void {
  const metadata = mapField(manifest, 'metadata');
  const annotations = metadata && mapField(metadata, 'annotations');
  if (annotations)
    noticeUnread(
      annotations,
      ['hauler.dev/platform', ...CHECKS.map((each) => `hauler.dev/${each}`)],
      content,
    );
  const registry = annotations && textField(annotations, 'hauler.dev/registry');
  for (const item of listField(mapField(manifest, 'spec') ?? manifest, 'images')) {
    const name = item.kind === 'map' ? item.fields.get('name') : undefined;
    if (item.kind === 'map') noticeUnread(item, ['platform', 'rewrite', ...CHECKS], content);
    if (name?.kind === 'text' && name.text !== '')
      content.addImage(inRegistry(name.text, registry), name.line, objectName(manifest));
    else content.addProblem(item.line, 'an image without a name');
  }
}

/** Fields that make hauler check signatures. */
const CHECKS = ['key', 'certificate-identity', 'certificate-identity-regexp'];

function noticeUnread(
  { fields, line }: MapValue,
  names: readonly string[],
  content: ListContent,
): void {
  const unread = names.filter((name) => fields.has(name));
  if (unread.length > 0) content.addNotice(line, `not read: ${unread.join(', ')}`);
}

function inRegistry(name: string, registry: string | undefined): string {
  const [first = ''] = name.split('/', 1);
  const hasRegistry = name.includes('/') && isHost(first);
  return registry === undefined || hasRegistry ? name : `${registry}/${name}`;
}
