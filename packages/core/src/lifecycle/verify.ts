import type { Engine } from '../engine/engine.js';
import type { Opened } from '../open.js';
import type { Bytes } from '../transfer/store.js';
import { asProblem, verifySource } from '../verify/verify-source.js';
import type { ImageProblem } from '../verify/problem.js';
import type { VerbOptions } from './call.js';
import { openEngine, openIn, type Workspace } from './workspace.js';

export interface VerifyResult {
  readonly location: string;
  readonly ok: boolean;
  readonly images: number;
  /** How many were hashed. */
  readonly bytes: number;
  readonly problems: readonly ImageProblem[];
  /** Files that belong to no image. */
  readonly unreferenced: readonly string[];
}

export interface VerifyLocationsOptions extends VerbOptions {
  readonly cwd: string;
  readonly stdin: () => Bytes;
  /** Where content is that the images lack: what a delta was made against. */
  readonly base?: string | undefined;
  /** Platforms of an index that are not here are no problem. */
  readonly allowSparse?: boolean | undefined;
}

/**
 * Proves locations byte by byte; all that is wrong is in the results.
 *
 * @throws ImageError NOT_FOUND (a location), USAGE, UNAVAILABLE
 */
export async function verify(
  workspace: Workspace,
  locations: readonly string[],
  options: VerifyLocationsOptions,
): Promise<VerifyResult[]> {
  let engine: Engine | undefined;
  const theEngine = async (): Promise<Engine> => (engine ??= await openEngine(workspace, options));
  try {
    const results: VerifyResult[] = [];
    for (const location of locations) {
      options.onEvent?.({ type: 'step', subject: location, text: 'verifying' });
      results.push(await verifyOne(workspace, location, { ...options, engine: theEngine }));
    }
    return results;
  } finally {
    await engine?.[Symbol.asyncDispose]();
  }
}

async function verifyOne(
  workspace: Workspace,
  location: string,
  options: Omit<VerifyLocationsOptions, 'engine'> & { readonly engine: () => Promise<Engine> },
): Promise<VerifyResult> {
  let opened: Opened | undefined;
  try {
    opened = await openIn(workspace, location, options);
    for (const text of opened.notices) options.onEvent?.({ type: 'notice', text });
    const { reference } = opened;
    const verified = await verifySource(opened.source, { ...options, reference });
    if (verified.images === 0)
      options.onEvent?.({ type: 'notice', text: `${location}: an archive of no images` });
    return { location, ok: verified.problems.length === 0, ...verified };
  } catch (error) {
    const problems = [asProblem(error)];
    return { location, ok: false, images: 0, bytes: 0, problems, unreferenced: [] };
  } finally {
    await opened?.source[Symbol.asyncDispose]();
  }
}
