import { ArchiveWriter } from '../../archive/archive-writer.js';
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { canonicalReference } from '../../oci/reference.js';

/** An archive writer that records the names it wrote, with their digests. */
export class NamedWriter extends ArchiveWriter {
  readonly names = new Map<string, Digest>();

  override async tag(descriptor: Descriptor, reference: string): Promise<void> {
    await super.tag(descriptor, reference);
    this.names.set(canonicalReference(reference), descriptor.digest);
  }
}
