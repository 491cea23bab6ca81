import { interpolate, type Variables } from './interpolate.js';
import type { ListContent } from './list-content.js';
import { listField, mapField, textField, type MapValue, type TextValue } from './yaml-value.js';

/** Limit for an image with its variables (characters). */
const MAX_IMAGE = 4096;

/** Whether a document is a Compose file. */
export function isCompose({ fields }: MapValue): boolean {
  return fields.get('services')?.kind === 'map' || fields.has('include');
}

/** Adds the images of the services of a Compose file, of all profiles. (Compose Specification, Services.) */
export function addComposeImages(file: MapValue, content: ListContent, variables: Variables): void {
  const add = ({ text, line }: TextValue, usedBy: string) => {
    if (text.length > MAX_IMAGE)
      return content.addProblem(
        line,
        `the name of the image is longer than ${MAX_IMAGE} characters`,
      );
    let isComplete = true;
    const image = interpolate(text, {
      variables,
      onProblem: (problem) => {
        isComplete = false;
        content.addProblem(
          line,
          problem,
          'Set variables in the environment or in .env, or give them defaults.',
        );
      },
    });
    if (isComplete) content.addImage(image, line, usedBy);
  };
  const include = file.fields.get('include');
  if (include !== undefined)
    content.addNotice(include.line, 'included files are not read: give them as lists, too');
  for (const [name, service] of mapField(file, 'services')?.fields ?? []) {
    if (service.kind !== 'map') continue;
    const image = service.fields.get('image');
    if (image?.kind === 'text' && image.text !== '') add(image, `service/${name}`);
    else addMissing(name, service, content);
    for (const volume of listField(service, 'volumes')) {
      const source =
        volume.kind === 'map' &&
        textField(volume, 'type') === 'image' &&
        volume.fields.get('source');
      if (source && source.kind === 'text') add(source, `service/${name}`);
    }
  }
}

/** Says why a service without an image adds none. */
function addMissing(name: string, service: MapValue, content: ListContent): void {
  const base = mapField(service, 'extends');
  const file = base && textField(base, 'file');
  if (service.fields.has('build'))
    content.addNotice(service.line, `service ${name} is built and names no image: skipped`);
  else if (file !== undefined)
    content.addNotice(
      service.line,
      `service ${name} extends one of ${file}: give that file as a list, too`,
    );
  // The image of a service of the same file is in the list by itself.
  else if (!service.fields.has('extends'))
    content.addNotice(service.line, `service ${name} names no image: skipped`);
}
