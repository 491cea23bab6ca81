import type { EngineImage } from '../../engine/engine.js';
import type { VerbOptions } from '../workspace/call.js';
import { openEngine, type Workspace } from '../workspace/workspace.js';

/** The images of an engine. */
export interface EngineListing {
  readonly engine: string;
  readonly images: readonly Pick<EngineImage, 'id' | 'references' | 'size'>[];
}

/** Lists the images of an engine, sorted by their first name. @throws ImageError UNAVAILABLE */
export async function listEngine(
  workspace: Workspace,
  options: VerbOptions,
): Promise<EngineListing> {
  await using engine = await openEngine(workspace, options);
  const images = (await engine.list(options)).map(({ id, references, untagged = [], size }) => ({
    id,
    references: [...(references.length === 0 ? untagged : references)].sort(),
    size,
  }));
  const key = ({ references, id }: (typeof images)[number]): string => references[0] ?? `~${id}`;
  images.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return { engine: engine.location, images };
}
