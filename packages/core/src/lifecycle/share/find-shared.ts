import type { ShareRepository } from '../../definition/settings/share-settings.js';
import type { Repository } from '../../distribution/repository.js';
import { ImageError } from '../../errors.js';
import type { Digest } from '../../oci/digest.js';
import { shareAccess } from '../../share/share-access.js';
import { parseEntry, shareTag, type ShareEntry } from '../../share/share-entry.js';
import { readContent } from '../../transfer/verified.js';
import type { VerbOptions } from '../workspace/call.js';
import type { Workspace } from '../workspace/workspace.js';
import { withShare } from './with-share.js';

/** The name of an image and the hash of its inputs. */
export interface ShareKey {
  readonly name: string;
  /** sha256, hex. */
  readonly key: string;
}

/** An image of the share, and the repository that has it. */
export interface FoundShared {
  readonly entry: ShareEntry;
  readonly from: ShareRepository;
}

/**
 * Asks the share for the image of some inputs: one request to each repository that this process reads.
 *
 * @returns undefined if it has none, or does not answer
 * @throws ImageError NAMING (the name is too long for a tag), UNAVAILABLE (the share is required)
 */
export async function findShared(
  workspace: Workspace,
  wanted: ShareKey,
  options: VerbOptions,
): Promise<FoundShared | undefined> {
  const found = await askEach(workspace, options, (repository) =>
    readEntry(repository, wanted, options),
  );
  return found && { entry: found.answer, from: found.from };
}

/**
 * Whether the share has an image, by its digest: one request to each repository that this process reads. False if it does
 * not answer.
 *
 * @throws ImageError UNAVAILABLE (the share is required)
 */
export async function isInShare(
  workspace: Workspace,
  digest: Digest,
  options: VerbOptions,
): Promise<boolean> {
  return Boolean(
    await askEach(workspace, options, (repository) => repository.head(digest, options)),
  );
}

/** Asks the repositories of the share that this process reads, up to the first that has what is asked for. */
async function askEach<T>(
  workspace: Workspace,
  options: VerbOptions,
  ask: (repository: Repository) => Promise<T | 'wrong' | undefined>,
): Promise<{ readonly answer: T; readonly from: ShareRepository } | undefined> {
  const { settings, surroundings } = workspace;
  for (const from of shareAccess(settings.share, surroundings.env)?.read ?? []) {
    const answer = await withShare(workspace, from, { ...options, purpose: 'asking' }, ask);
    if (answer !== undefined && answer !== 'wrong') return { answer, from };
  }
  return undefined;
}

/** The entry of a key; undefined if there is none. `wrong`: one that contradicts its tag, which is a notice. */
export async function readEntry(
  repository: Repository,
  { name, key }: ShareKey,
  options: VerbOptions,
): Promise<ShareEntry | 'wrong' | undefined> {
  const tag = shareTag(name, key);
  const found = await repository.find(tag, options);
  if (!found) return undefined;
  try {
    const bytes = await readContent(repository, found, options);
    const location = `${repository.location}:${tag}`;
    return parseEntry({ mediaType: found.mediaType, bytes }, { name, key, location });
  } catch (error) {
    const isWrong = error instanceof ImageError && WRONG.has(error.code);
    if (!isWrong) throw error;
    options.onEvent?.({
      type: 'notice',
      text: `an image of the share is not used: ${error.message}`,
    });
    return 'wrong';
  }
}

const WRONG: ReadonlySet<string> = new Set(['INVALID', 'CORRUPT', 'UNSUPPORTED', 'TOO_LARGE']);
