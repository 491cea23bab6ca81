import { shareAccess } from '../../share/share-access.js';
import { openShare, shareName } from '../../share/open-share.js';
import type { Workspace } from '../workspace/workspace.js';
import { failed, good, type EnvironmentCheck, type EnvironmentOptions } from './check.js';

/** A tag that no share has: the answer says whether this user may read. */
const NO_TAG = 'stowage-doctor';

/** The repositories of the share that this process reads, each asked for one tag. Without one, builds go on unless it is required. */
export async function checkShare(
  { settings, surroundings }: Workspace,
  { signal }: EnvironmentOptions,
): Promise<readonly EnvironmentCheck[]> {
  const { share } = settings;
  if (!share) return [];
  const about = { name: 'share', state: share.required ? 'problem' : 'warning' } as const;
  try {
    const access = shareAccess(share, surroundings.env);
    if (!access) return [good({ ...about, subject: shareName(share.repository) }, 'is off')];
    return await Promise.all(
      access.read.map(async (each) => {
        const subject = shareName(each);
        try {
          await using repository = await openShare(each, 'asking', surroundings);
          await repository.find(NO_TAG, { signal });
          const publishes = shareName(access.write ?? each) === subject && access.write;
          return good(
            { ...about, subject },
            publishes ? 'answers; read and written' : 'answers; read',
          );
        } catch (error) {
          return failed({ ...about, subject }, error, FIX);
        }
      }),
    );
  } catch (error) {
    return [
      failed({ ...about, subject: shareName(share.repository), state: 'problem' }, error, FIX),
    ];
  }
}

const FIX =
  'Look whether the registry runs and can be reached from here, or set share.mode to off.';
