import type { NamedDescriptor } from '../oci/layout.js';
import { isLocated, type LocatedSource } from '../transfer/extent.js';
import { resolveAmong } from '../transfer/graph/resolve.js';
import type { Source } from '../transfer/store.js';

/** The content of a source with other images listed. Disposing it disposes of `source`. */
export function withImages(source: Source, images: readonly NamedDescriptor[]): Source {
  const named: Source = {
    location: source.location,
    limits: source.limits,
    malformed: source.malformed,
    list: async function* () {
      yield* images;
    },
    resolve: (reference) => resolveAmong(named, images, reference),
    ...(source.referrers ? { referrers: source.referrers.bind(source) } : {}),
    has: (descriptor, options) => source.has(descriptor, options),
    read: (descriptor, options) => source.read(descriptor, options),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
  if (!isLocated(source)) return named;
  const located: LocatedSource = {
    ...named,
    locate: (descriptor) => source.locate(descriptor),
    members: () => source.members(),
  };
  return located;
}
