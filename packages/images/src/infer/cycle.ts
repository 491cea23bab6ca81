import type { Image } from './image.js';

/** Images that are, directly or indirectly, their own base: no order of tasks can build them. */
export function imagesInCycles(images: readonly Image[]): ReadonlySet<Image> {
  const byName = new Map(images.map((image) => [image.name, image]));
  return new Set(images.filter((image) => isInCycle(image, byName)));
}

function isInCycle(image: Image, byName: ReadonlyMap<string, Image>): boolean {
  const seen = new Set<Image>();
  for (let at = baseOf(image, byName); at && !seen.has(at); at = baseOf(at, byName)) {
    if (at === image) return true;
    seen.add(at);
  }
  return false;
}

function baseOf({ definition }: Image, byName: ReadonlyMap<string, Image>): Image | undefined {
  return definition && byName.get(definition.base);
}
