import type { EnvironmentCheck } from '../environment/check.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import type { Problem } from './problems.js';

/** The problems of a workspace. */
export interface Diagnosis {
  /** Problems that were repaired; empty unless `fix` was given. */
  readonly fixed: readonly Problem[];
  /** Problems that are left. */
  readonly problems: readonly Problem[];
  /** Address of the engine that commands use; null when none answers. */
  readonly engine: string | null;
  /** The machine, the engine and the share, as commands need them. */
  readonly environment: readonly EnvironmentCheck[];
}

/** Options for finding and repairing problems. */
export interface DoctorOptions extends VerbOptions {
  /** Repair problems whose repair is certain: half-done commits, records without an archive, outdated entries. */
  readonly fix?: boolean | undefined;
}

/**
 * Finds problems in the folder of archives, and definitions of one name; repairs them with `fix`, except in a dry run. Checks
 * the environment, each part of it for 5 s at most. Of a home folder that is no workspace it is the environment alone.
 */
export async function doctor(workspace: Workspace, options: DoctorOptions): Promise<Diagnosis> {
  // Loaded on demand: other verbs do not need them.
  const [{ checkEnvironment }, { isSearched, problemsOf, repair }] = await Promise.all([
    import('../environment/environment.js'),
    import('./problems.js'),
  ]);
  const searched = await isSearched(workspace);
  const [before, environment] = await Promise.all([
    searched ? problemsOf(workspace) : [],
    checkEnvironment(workspace, options),
  ]);
  const engine = environment.find(({ used }) => used)?.subject ?? null;
  if (!searched || !options.fix || options.dryRun)
    return { fixed: [], problems: before, engine, environment };
  await repair(workspace, before, options);
  const problems = await problemsOf(workspace);
  const left = new Set(problems.map(({ kind, path }) => `${kind} ${path}`));
  const fixed = before.filter(({ kind, path }) => !left.has(`${kind} ${path}`));
  return { fixed, problems, engine, environment };
}
