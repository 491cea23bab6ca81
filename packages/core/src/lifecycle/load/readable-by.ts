import { spoolFolder } from '../../catalog/file.js';
import { convertImage } from '../../convert/convert-image.js';
import { compressionOf } from '../../convert/formats.js';
import type { Engine } from '../../engine/engine.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/graph/walk.js';
import type { Graph } from '../../transfer/graph/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Candidate } from './load-candidates.js';
import type { Workspace } from '../workspace/workspace.js';

/** The content to send for a candidate: its own, or a converted copy. */
export interface EngineReadable {
  readonly candidate: Candidate;
  readonly source: Source;
  readonly graph: Graph;
}

/** The candidates in a form that the engine reads: zstd layers are decompressed first if it does not support zstd. */
export async function convertForEngine(
  { place }: Workspace,
  engine: Engine,
  candidates: readonly Candidate[],
  { signal, onEvent }: VerbOptions,
): Promise<AsyncDisposable & { readonly images: readonly EngineReadable[] }> {
  const hasZstd = ({ graph }: Candidate) =>
    graph.nodes.some(({ mediaType }) => compressionOf(mediaType) === 'zstd');
  const takesAll = !candidates.some(hasZstd) || (await engine.takesZstd({ signal }));
  const images: EngineReadable[] = [];
  const conversions: AsyncDisposable[] = [];
  const dispose = async () => {
    for (const each of conversions) await each[Symbol.asyncDispose]();
  };
  try {
    for (const candidate of candidates) {
      const { at, graph, input } = candidate;
      if (takesAll || graph.missing.length > 0 || !hasZstd(candidate)) {
        images.push({ candidate, source: at.source, graph });
        continue;
      }
      onEvent?.({
        type: 'step',
        subject: input,
        text: 'decompressing zstd layers, which this engine cannot read',
      });
      const options = { compress: 'none', spoolFolder: spoolFolder(place), signal } as const;
      const converted = await convertImage(at.source, { descriptor: graph.root }, options);
      conversions.push(converted);
      const { source, to } = converted;
      images.push({ candidate, source, graph: await walk(source, to, { signal }) });
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return { images, [Symbol.asyncDispose]: dispose };
}
