import { parseName } from '@stowage/core/definition';
import type { Owner } from './owner.js';

/**
 * The project of a base that an image of the workspace may have. Another registration of the plugin may infer it, so
 * its name is judged, not its presence: Nx ignores a dependency on a project that is not there.
 */
export function baseProject({ base }: { readonly base: string }): string | undefined {
  return parseName(base) ? base : undefined;
}

/**
 * Parses an entry of `after:`: `target` of the owner, or `project:target`.
 *
 * @returns the project as Nx matches it: its name, or `directory:<root>` for an owner whose name another plugin knows
 */
export function afterTask(text: string, owner: Owner): { project: string; target: string } {
  const colon = text.lastIndexOf(':');
  return colon < 0
    ? { project: owner.name ?? `directory:${owner.root}`, target: text }
    : { project: text.slice(0, colon), target: text.slice(colon + 1) };
}
