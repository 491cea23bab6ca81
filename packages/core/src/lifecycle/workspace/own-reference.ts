import type { ImageRecord } from '../../catalog/record.js';
import { ImageError } from '../../errors.js';
import { canonicalReference, parseReference } from '../../oci/reference.js';
import { findDefinitions } from './definitions.js';

type Named = Pick<ImageRecord, 'name' | 'reference'>;

/**
 * Refuses a record from another machine that would give its image another name than the workspace does: `<name>:latest`,
 * or the `reference:` of the definition.
 *
 * @param root the workspace, absolute.
 * @throws ImageError CONFLICT
 */
export async function requireOwnReference(
  root: string,
  { name, reference }: Named,
  location: string,
): Promise<void> {
  if (reference === canonicalReference(`${name}:latest`)) return;
  if (!(await isDefined(root, { name, reference }))) throw refuse({ name, reference }, location);
}

/**
 * Like {@link requireOwnReference}, for a record beside an archive: `save` keeps the registry and the tag that the image
 * had in the engine, so these may be any.
 *
 * @throws ImageError CONFLICT
 */
export async function requireReferenceOfName(
  root: string,
  { name, reference }: Named,
  location: string,
): Promise<void> {
  const { repository } = parseReference(reference);
  if (repository.slice(repository.lastIndexOf('/') + 1) === name) return;
  if (!(await isDefined(root, { name, reference }))) throw refuse({ name, reference }, location);
}

async function isDefined(root: string, { name, reference }: Named): Promise<boolean> {
  const definitions = await findDefinitions({ root });
  return definitions.some(
    ({ definition }) => definition.name === name && definition.reference === reference,
  );
}

function refuse({ name, reference }: Named, location: string): ImageError {
  return new ImageError(
    'CONFLICT',
    `${location}: expected a record of ${name} with a reference of that name, got ${reference}`,
    {
      location,
      hint: 'Its definition in this workspace would have to say reference:; else save the image again.',
    },
  );
}
