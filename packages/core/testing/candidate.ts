import { loadCandidates, type Candidate } from '../src/lifecycle/load/load-candidates.js';
import type { MemoryStore } from './memory-store.js';

/** The only image of a store, to be loaded into an engine. */
export async function candidateOf(store: MemoryStore): Promise<Candidate> {
  const at = { source: store, kind: 'oci-archive', compression: 'none', notices: [] } as const;
  const [candidate] = await loadCandidates([{ input: './x.tar', at }], {
    engine: 'engine:test',
    defaultPlatform: async () => undefined,
    keepsIndex: async () => false,
    holds: async () => new Set(),
    onSkipped: (text) => {
      throw new Error(text);
    },
  });
  if (!candidate) throw new Error('expected a candidate');
  return candidate;
}
