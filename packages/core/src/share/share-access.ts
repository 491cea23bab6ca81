import {
  SHARE_MODES,
  type ShareMode,
  type ShareRepository,
  type ShareSettings,
} from '../definition/settings/share-settings.js';
import { ImageError } from '../errors.js';
import type { Environment } from '../surroundings.js';

/** How this process uses the share. */
export interface ShareAccess {
  /** Repositories to ask, in this order. */
  readonly read: readonly ShareRepository[];
  /** The repository to publish to; undefined if nothing is published. */
  readonly write?: ShareRepository;
  readonly required: boolean;
}

const MODE_VARIABLE = 'STOWAGE_SHARE';

/**
 * The access of this process to the share, by the settings and its environment; undefined if it uses none. The author of a
 * pull request can compute the next keys of the default branch, so its job publishes to the repository of the default
 * branch only if the environment says so, whatever the settings say.
 *
 * @throws ImageError USAGE (STOWAGE_SHARE)
 */
export function shareAccess(
  share: ShareSettings | undefined,
  env: Environment,
): ShareAccess | undefined {
  if (!share) return undefined;
  const given = givenMode(env);
  const mode = given ?? share.mode;
  if (mode === 'off') return undefined;
  const { repository, pullRequests, required } = share;
  const isJobOfOthers = isPullRequest(env);
  if (isJobOfOthers && pullRequests)
    return { read: [repository, pullRequests], write: pullRequests, required };
  const writes = (isJobOfOthers ? given : mode) === 'read-write';
  return { read: [repository], required, ...(writes ? { write: repository } : {}) };
}

function givenMode({ [MODE_VARIABLE]: text = '' }: Environment): ShareMode | undefined {
  if (text === '') return undefined;
  const mode = SHARE_MODES.find((each) => each === text);
  if (mode) return mode;
  throw new ImageError(
    'USAGE',
    `${MODE_VARIABLE}: expected ${SHARE_MODES.join(', ')}, got ${JSON.stringify(text)}`,
  );
}

/** Whether this is a job of a pull request (GitHub Actions) or of a merge request (GitLab CI). */
function isPullRequest(env: Environment): boolean {
  const isGitHub = env['GITHUB_EVENT_NAME']?.startsWith('pull_request') === true;
  return isGitHub || (env['CI_MERGE_REQUEST_IID'] ?? '') !== '';
}
