import { spoolFolder } from '../../catalog/file.js';
import { convertImage } from '../../convert/convert-image.js';
import { compressionOf } from '../../convert/formats.js';
import type { Engine } from '../../engine/engine.js';
import type { Source } from '../../transfer/store.js';
import { walk } from '../../transfer/walk.js';
import type { Graph } from '../../transfer/graph.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Candidate } from './load-candidates.js';
import type { Workspace } from '../workspace/workspace.js';

/** What is sent for a candidate. */
export interface Readable {
  readonly candidate: Candidate;
  readonly source: Source;
  readonly graph: Graph;
}

/** The candidates in a form that an engine reads: for one without zstd such layers are unpacked first. */
export async function readableBy(
  { place }: Workspace,
  engine: Engine,
  candidates: readonly Candidate[],
  { signal, onEvent }: VerbOptions,
): Promise<AsyncDisposable & { readonly images: readonly Readable[] }> {
  const isPacked = ({ graph }: Candidate) =>
    graph.nodes.some(({ mediaType }) => compressionOf(mediaType) === 'zstd');
  const takesAll = !candidates.some(isPacked) || (await engine.takesZstd({ signal }));
  const images: Readable[] = [];
  const made: AsyncDisposable[] = [];
  const dispose = async () => {
    for (const each of made) await each[Symbol.asyncDispose]();
  };
  try {
    for (const candidate of candidates) {
      const { at, graph, input } = candidate;
      if (takesAll || graph.missing.length > 0 || !isPacked(candidate)) {
        images.push({ candidate, source: at.source, graph });
        continue;
      }
      onEvent?.({ type: 'step', subject: input, text: 'unpacking zstd, which this docker cannot' });
      const options = { compress: 'none', spoolFolder: spoolFolder(place), signal } as const;
      const converted = await convertImage(at.source, { descriptor: graph.root }, options);
      made.push(converted);
      const { source, to } = converted;
      images.push({ candidate, source, graph: await walk(source, to, { signal }) });
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return { images, [Symbol.asyncDispose]: dispose };
}
