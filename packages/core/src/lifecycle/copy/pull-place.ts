import type { Engine } from '../../engine/engine.js';
import type { Location } from '../../location.js';
import type { Opened } from '../../open.js';
import type { Source } from '../../transfer/store.js';
import { openPlace, type LoadPlace } from '../load/load-from.js';
import type { VerbOptions } from '../workspace/call.js';
import { openIn } from '../workspace/inputs/open-in.js';
import type { Workspace } from '../workspace/workspace.js';

export interface PullPlaceOptions extends Omit<VerbOptions, 'engine'> {
  readonly cwd: string;
  readonly from?: string | undefined;
  readonly engine: () => Promise<Engine>;
  /** Gets every source that is opened; the caller disposes of them. */
  readonly held: Set<Source>;
}

/** Opens the place that stands in for the registries of references; undefined without `from`. */
export async function openPullPlace(
  workspace: Workspace,
  { from, held, ...options }: PullPlaceOptions,
): Promise<LoadPlace | undefined> {
  if (from === undefined) return undefined;
  const { cwd, engine, signal, foreignLayers } = options;
  const open = async (
    location: Location,
    plainHttp = options.registry?.plainHttp,
  ): Promise<Opened> => {
    const registry = { ...options.registry, plainHttp };
    const opening = { cwd, engine, signal, foreignLayers, registry };
    const opened = await openIn(workspace, location, opening);
    held.add(opened.source);
    return opened;
  };
  return openPlace(workspace, from, { cwd, signal, open });
}
