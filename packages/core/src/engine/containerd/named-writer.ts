import { ArchiveWriter } from '../../archive/archive-writer.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isManifestType } from '../../oci/media-types.js';
import type { Digest } from '../../oci/digest.js';
import { canonicalReference } from '../../oci/reference.js';
import type { Graph } from '../../transfer/graph/graph.js';

/** An archive writer that records the names it wrote, with their digests, and whether content is left out. */
export class NamedWriter extends ArchiveWriter {
  readonly names = new Map<string, Digest>();
  /** False when an image lacks content, such as other platforms of an index. */
  isWhole = true;

  override async begin(graph: Graph): Promise<ReadonlySet<Digest>> {
    if (lacksImages(graph)) this.isWhole = false;
    return super.begin(graph);
  }

  override async tag(descriptor: Descriptor, reference: string): Promise<void> {
    await super.tag(descriptor, reference);
    this.names.set(canonicalReference(reference), descriptor.digest);
  }
}

/** Layers that are left out are in the engine; whole images that are left out are not. */
function lacksImages({ missing }: Graph): boolean {
  return missing.some(({ mediaType }) => isManifestType(mediaType));
}
