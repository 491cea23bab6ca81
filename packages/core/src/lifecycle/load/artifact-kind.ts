import { artifactTypeOf } from '../../oci/manifest.js';
import type { Graph } from '../../transfer/graph/graph.js';

/** Types of artifacts that people know by name. (helm.sh, Use OCI-based registries.) */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['application/vnd.cncf.helm.config.v1+json', 'a Helm chart'],
]);

/** Names the kind of an artifact, for messages: `a Helm chart`, or `an artifact (TYPE)`. */
export function artifactKind({ documents, root }: Graph): string {
  const manifest = documents.get(root.digest)?.manifest;
  const type = manifest && artifactTypeOf(manifest);
  if (type === undefined) return 'an artifact';
  return NAMES.get(type) ?? `an artifact (${type})`;
}
