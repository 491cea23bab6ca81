import type { Descriptor } from '../oci/descriptor.js';
import { isLocated, type LocatedSource } from './extent.js';
import type { Source } from './store.js';

/** The images of `source`; content that it lacks is read from `base`. Disposing it disposes of both. */
export function withBase(source: Source, base: Source): Source {
  const holder = async (descriptor: Descriptor): Promise<Source> =>
    (await source.has(descriptor)) ? source : base;
  const both: Source = {
    location: source.location,
    limits: source.limits,
    malformed: source.malformed,
    list: (options) => source.list(options),
    resolve: (reference, options) => source.resolve(reference, options),
    ...(source.referrers ? { referrers: source.referrers.bind(source) } : {}),
    has: async (descriptor, options) =>
      (await source.has(descriptor, options)) || base.has(descriptor, options),
    read: async function* (descriptor, options) {
      yield* (await holder(descriptor)).read(descriptor, options);
    },
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await base[Symbol.asyncDispose]();
    },
  };
  if (!isLocated(source) || !isLocated(base)) return both;
  const located: LocatedSource = {
    ...both,
    locate: async (descriptor) =>
      (await source.locate(descriptor)) ?? (await base.locate(descriptor)),
    members: () => source.members(),
  };
  return located;
}
