import { listPushItems, type PushItem } from '../src/lifecycle/push/push-items.js';
import { parseTarget } from '../src/lifecycle/workspace/inputs/registry-address.js';
import type { Opened } from '../src/open.js';
import type { MemoryStore } from './memory-store.js';

/** The only image of a store, to be pushed to a registry; the store stands for a location of a kind. */
export async function pushItemOf(
  store: MemoryStore,
  host: string,
  kind: Opened['kind'] = 'oci-archive',
): Promise<PushItem> {
  const at: Opened = { source: store, kind, compression: 'none', notices: [] };
  const [item] = await listPushItems('./x.tar', at, parseTarget(host), {});
  if (!item) throw new Error('expected an item');
  return item;
}
