import { ImageError } from '../../errors.js';
import { say, type Worded, type Wording } from '../../wording.js';
import type { VerbOptions } from '../workspace/call.js';

/** Something around a workspace that commands need, and whether it is as they need it. */
export interface EnvironmentCheck extends Worded<'detail' | 'fix'> {
  readonly name: 'node' | 'nx' | 'engine' | 'disk' | 'credentials' | 'share';
  /** `warning`: commands work, or work without it. `problem`: commands that need it fail. */
  readonly state: 'ok' | 'warning' | 'problem';
  /** The thing that was looked at: a version, an address, a path. */
  readonly subject: string;
  readonly detail: string;
  /** True for the engine that commands use. */
  readonly used?: true;
  /** The next step; absent where the state is `ok`. */
  readonly fix?: string;
}

/** Options for checking the environment. */
export type EnvironmentOptions = Pick<VerbOptions, 'engine' | 'host' | 'namespace' | 'signal'> & {
  /** The longest time for one kind of check, in milliseconds; 5 s when omitted. */
  readonly timeout?: number;
};

type About = Pick<EnvironmentCheck, 'name' | 'subject'>;

export function good(about: About, detail: string): EnvironmentCheck {
  return { ...about, state: 'ok', detail };
}

/** A check that found something to do. */
export function bad(
  about: About & { readonly state: 'warning' | 'problem' },
  detail: string | Wording,
  fix: string | Wording,
): EnvironmentCheck {
  const parts = {
    ...(typeof detail === 'string' ? {} : { detail }),
    ...(typeof fix === 'string' ? {} : { fix }),
  };
  const wording = Object.keys(parts).length === 0 ? {} : { wording: parts };
  return { ...about, detail: say(detail), fix: say(fix), ...wording };
}

/** A check that an error ended. @param fix the next step, if the error has no hint. */
export function failed(
  about: About & { readonly state: 'warning' | 'problem' },
  error: unknown,
  fix: string | Wording,
): EnvironmentCheck {
  if (!(error instanceof ImageError)) return bad(about, String(error), fix);
  const { message, hint = fix } = error.wording;
  return bad(about, message, hint);
}
