import { isDaemonless, type Definition } from '../../definition/definition.js';
import { ImageError } from '../../errors.js';
import { option, wording } from '../../wording.js';
import type { Base } from '../make-options.js';

/**
 * Checks that a builder asks registries for the images of a definition. It does not for a base that is given to the engine
 * from here, and an image without steps has no builder.
 *
 * @throws ImageError UNAVAILABLE
 */
export function requirePullable(definition: Definition, base: Base | undefined): void {
  const { name } = definition;
  const isGiven = base?.source !== undefined;
  if (!isDaemonless(definition) && !isGiven) return;
  const why = isGiven
    ? `its base ${definition.base} is not pulled: it is an image of this workspace or its store`
    : 'nothing is pulled for an image without steps, which no engine builds';
  throw new ImageError('UNAVAILABLE', `${name}: ${why}`, {
    hint: wording`Build it without ${option('pull')}.`,
  });
}
