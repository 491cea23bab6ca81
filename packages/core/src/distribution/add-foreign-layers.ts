import type { Surroundings } from '../surroundings.js';
import type { Source } from '../transfer/store.js';
import type { RegistryLoginOptions } from './open-repository.js';

/**
 * A source with all its foreign layers: those that it lacks are fetched from their publishers. Disposing it disposes of
 * `source`, which also happens on an error.
 */
export async function addForeignLayers(
  source: Source,
  options: {
    readonly registry?: RegistryLoginOptions | undefined;
    readonly surroundings: Surroundings;
  },
): Promise<Source> {
  try {
    const { registry, surroundings } = options;
    // Loaded on demand: few images have foreign layers, and loading the HTTP client takes time.
    const { withForeignLayers } = await import('./foreign-layers.js');
    return withForeignLayers(source, { ...registry, surroundings });
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}
