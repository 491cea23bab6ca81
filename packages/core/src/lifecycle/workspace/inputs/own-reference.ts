import type { ImageRecord } from '../../../catalog/record.js';
import { ImageError } from '../../../errors.js';
import { canonicalReference, parseReference } from '../../../oci/reference.js';
import { findDefinitions } from '../definitions.js';

type NamedRecord = Pick<ImageRecord, 'name' | 'reference'>;

/**
 * Requires that a record from another machine has the reference that this workspace gives its image: `<name>:latest`, or
 * the `reference:` of the definition.
 *
 * @param root absolute path of the workspace.
 * @throws ImageError CONFLICT
 */
export async function requireOwnReference(
  root: string,
  { name, reference }: NamedRecord,
  location: string,
): Promise<void> {
  if (reference === canonicalReference(`${name}:latest`)) return;
  if (!(await isDefined(root, { name, reference })))
    throw foreignReference({ name, reference }, location);
}

/**
 * Like {@link requireOwnReference}, for a record beside an archive. Any registry and tag are allowed, because `save` keeps
 * those that the image had in the engine.
 *
 * @throws ImageError CONFLICT
 */
export async function requireReferenceOfName(
  root: string,
  { name, reference }: NamedRecord,
  location: string,
): Promise<void> {
  const { repository } = parseReference(reference);
  if (repository.slice(repository.lastIndexOf('/') + 1) === name) return;
  if (!(await isDefined(root, { name, reference })))
    throw foreignReference({ name, reference }, location);
}

async function isDefined(root: string, { name, reference }: NamedRecord): Promise<boolean> {
  const definitions = await findDefinitions({ root });
  return definitions.some(
    ({ definition }) => definition.name === name && definition.reference === reference,
  );
}

function foreignReference({ name, reference }: NamedRecord, location: string): ImageError {
  return new ImageError(
    'CONFLICT',
    `${location}: the record of ${name} has the reference of another name: ${reference}`,
    {
      location,
      hint: 'Set reference: in its definition in this workspace, or save the image again.',
    },
  );
}
