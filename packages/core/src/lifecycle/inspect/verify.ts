import { join, relative, resolve } from 'node:path';
import { findSums, openParts } from '../../archive/split-archive.js';
import { isOnDisk, parseLocation, type Location, type LocationOptions } from '../../location.js';
import type { Engine } from '../../engine/engine.js';
import { ImageError } from '../../errors.js';
import type { PlatformChoice } from '../../oci/platform.js';
import { pathOf, type Opened } from '../../open.js';
import type { Bytes } from '../../transfer/store.js';
import { asProblem, verifySource } from '../../verify/verify-source.js';
import { createProblem, type ImageProblem } from '../../verify/problem.js';
import { bring } from '../build/bring.js';
import { parseBase } from '../workspace/base-locations.js';
import type { VerbOptions } from '../workspace/call.js';
import type { TransferManifest } from '../copy/transfer-manifest.js';
import { checkManifest, missingArchives } from './check-manifest.js';
import { hashAll } from '../../transfer/extents/hash-all.js';
import { expandInputs } from '../workspace/inputs/expand-inputs.js';
import { requireOneLogin } from '../workspace/inputs/one-login.js';
import { mapInputs } from '../workspace/inputs/map-inputs.js';
import { openIn } from '../workspace/inputs/open-in.js';
import { lazyEngine, type Workspace } from '../workspace/workspace.js';
import { option, wording } from '../../wording.js';

/** The result for one location. */
export interface VerifyResult {
  readonly location: string;
  readonly ok: boolean;
  readonly images: number;
  /** Number of bytes that were hashed. */
  readonly bytes: number;
  readonly problems: readonly ImageProblem[];
  /** Files of the archive that no image references. */
  readonly unreferenced: readonly string[];
  /** The manifest of the transfer beside the archive; only with the option `manifest`. */
  readonly manifest?: TransferManifest;
}

/** Options for verifying locations. */
export interface VerifyLocationsOptions extends VerbOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin?: (() => Bytes) | undefined;
  /** For a delta: locations of the archives it was made against; patterns and folders stand for the archives in them. */
  readonly base?: string | readonly string[] | undefined;
  /** The platforms to verify of each image; when omitted, all of them, and of an engine's image those that are there. */
  readonly platforms?: PlatformChoice | undefined;
  /** Do not report missing platforms of an index. */
  readonly allowSparse?: boolean | undefined;
  /**
   * Compare archives and layouts with the {@link TransferManifest} beside each; content that is missing or not listed is a
   * problem. Of a folder, archives that a manifest lists and that are not there, too.
   */
  readonly manifest?: boolean | undefined;
}

/**
 * Verifies every byte of the images at locations. Problems are in the results, not thrown.
 *
 * @throws ImageError NOT_FOUND (a location), USAGE, UNAVAILABLE
 */
export async function verify(
  workspace: Workspace,
  texts: readonly string[],
  options: VerifyLocationsOptions,
): Promise<VerifyResult[]> {
  if (isPartOf(options) && options.manifest)
    throw new ImageError(
      'USAGE',
      wording`${option('manifest')}: it lists whole images, expected no ${option('platform')}`,
    );
  const where = { ...workspace, cwd: options.cwd };
  const inputs: VerifyInput[] = [];
  for (const text of texts) inputs.push(...(await inputsOf(text, where, options)));
  const base = await parseBase(options.base, where);
  requireOneLogin(options.registry, [...inputs.map(({ location }) => location), ...base]);
  await using engine = lazyEngine(workspace, options);
  const verifyInput = async (input: VerifyInput): Promise<VerifyResult> => {
    options.onEvent?.({ type: 'step', subject: input.text, text: 'verifying' });
    const opening = {
      engine: engine.get,
      bring: (location: Location) => bring(workspace, location, options),
    };
    return verifyOne(workspace, input, { ...options, ...opening });
  };
  return await mapInputs(inputs, verifyInput, options);
}

/** Whether only some platforms are verified. */
function isPartOf({ platforms = 'all' }: Pick<VerifyLocationsOptions, 'platforms'>): boolean {
  return platforms !== 'all' && platforms.length > 0;
}

/** A location, parsed; or why it cannot be. */
interface VerifyInput {
  readonly text: string;
  readonly location?: Location;
  readonly error?: unknown;
}

/** A location that cannot be parsed is a problem of its own, reported in its turn. */
async function inputsOf(
  text: string,
  where: LocationOptions,
  { manifest }: VerifyLocationsOptions,
): Promise<VerifyInput[]> {
  const inputs: VerifyInput[] = [];
  let failed: VerifyInput | undefined;
  try {
    for (const each of await expandInputs([text], where.cwd))
      inputs.push({ text: each, location: await parseLocation(each, where) });
  } catch (error) {
    failed = { text, error };
  }
  if (manifest) {
    const found = new Set(inputs.map((each) => resolve(where.cwd, each.text)));
    const folder = resolve(where.cwd, text);
    for (const [path, error] of await missingArchives(folder, found))
      inputs.push({ text: join(text, relative(folder, path)), error });
  }
  return failed && inputs.length === 0 ? [failed] : inputs;
}

type VerifyOneOptions = Omit<VerifyLocationsOptions, 'engine'> & {
  readonly engine: () => Promise<Engine>;
  readonly bring: (location: Location) => Promise<void>;
};

async function verifyOne(
  workspace: Workspace,
  { text, location, error: unreadable }: VerifyInput,
  options: VerifyOneOptions,
): Promise<VerifyResult> {
  let opened: Opened | undefined;
  const damaged: ImageProblem[] = [];
  try {
    if (!location) throw unreadable;
    damaged.push(...(await damagedParts(workspace, location, options)));
    await options.bring(location);
    opened = await openIn(workspace, location, options);
    for (const notice of opened.notices) options.onEvent?.({ type: 'notice', text: notice });
    const { reference, halves, half } = opened;
    const { notices, ...verified } = await verifySource(opened.source, {
      ...options,
      reference,
      // The halves of an archive have all platforms.
      halves: isPartOf(options) ? undefined : halves,
      half,
      isPart: isPartOf(options),
      isDelta: [options.base ?? []].flat().length > 0,
    });
    for (const notice of notices) options.onEvent?.({ type: 'notice', text: notice });
    if (verified.images === 0)
      options.onEvent?.({ type: 'notice', text: `${text}: holds no images` });
    const checked =
      options.manifest && opened.path !== undefined
        ? await checkManifest(opened.path, opened.source)
        : { manifest: undefined, problems: [] };
    const problems = [...damaged, ...verified.problems, ...checked.problems];
    const { manifest } = checked;
    const listed = manifest ? { manifest } : {};
    return { location: text, ...verified, ok: problems.length === 0, problems, ...listed };
  } catch (error) {
    const problems = [...damaged, asProblem(error)];
    return { location: text, ok: false, images: 0, bytes: 0, problems, unreferenced: [] };
  } finally {
    await opened?.source[Symbol.asyncDispose]();
  }
}

/** Finds parts of a split archive that do not match its checksums, so that only those need to be transferred again. */
async function damagedParts(
  { place, surroundings }: Workspace,
  location: Location,
  options: VerifyOneOptions,
): Promise<ImageProblem[]> {
  if (!isOnDisk(location)) return [];
  const sums = await findSums(await pathOf(location, { ...options, place, surroundings }));
  if (sums === undefined) return [];
  const { parts, files } = await openParts(sums);
  await using set = files;
  const jobs = [];
  let start = 0;
  for (const [at, { path, sha256 }] of parts.entries()) {
    const size = set.sizes[at] ?? 0;
    const pieces = set.pieces(start, size);
    jobs.push({ member: path, offset: 0, size, pieces, algorithm: 'sha256' as const, sha256 });
    start += size;
  }
  const problems: ImageProblem[] = [];
  await hashAll(
    jobs,
    ({ member, sha256 }, { digest: actual }) => {
      const expected = `sha256:${sha256}`;
      if (actual === expected) return;
      const message = `${member}: damaged: it is ${actual}, but ${sums} says ${expected}`;
      problems.push(createProblem({ code: 'CORRUPT', member, expected, actual, message }));
    },
    options,
  );
  return problems;
}
