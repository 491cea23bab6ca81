import { Option } from 'commander';
import { GROUPS } from './help/groups.js';

/** `--base` of the commands that read deltas. */
export function baseOption(text = 'the archives that a delta was made against'): Option {
  return new Option('--base <location>', `${text}: a path, a pattern or a folder; repeatable`)
    .helpGroup(GROUPS.further)
    .argParser((location: string, before: readonly string[] = []) => [...before, location]);
}
