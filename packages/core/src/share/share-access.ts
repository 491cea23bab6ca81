import {
  SHARE_MODES,
  type ShareMode,
  type ShareRepository,
  type ShareSettings,
} from '../definition/share-settings.js';
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
 * The access of this process to the share, by the settings and its environment; undefined if it uses none.
 *
 * @throws ImageError USAGE (STOWAGE_SHARE)
 */
export function shareAccess(
  share: ShareSettings | undefined,
  env: Environment,
): ShareAccess | undefined {
  const mode = share && modeOf(env, share.mode);
  if (!mode || mode === 'off') return undefined;
  const { repository, pullRequests, required } = share;
  if (pullRequests && isPullRequest(env))
    return { read: [repository, pullRequests], write: pullRequests, required };
  return { read: [repository], required, ...(mode === 'read-write' ? { write: repository } : {}) };
}

function modeOf({ [MODE_VARIABLE]: text = '' }: Environment, setting: ShareMode): ShareMode {
  if (text === '') return setting;
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
