import {
  groupCounts,
  SETTINGS_FILE,
  type RuleTexts,
  type Settings,
} from '../../definition/settings/settings.js';
import type { PruneRules } from '../../policy/prune-model.js';
import { option, wording } from '../../wording.js';
import { parseDuration, parseSpace } from '../workspace/units.js';

/** Prune rules as text; each one given replaces that of the settings. */
export interface RuleOptions extends RuleTexts {
  /** Prune only this project; bounds on all space then apply only if given here. */
  readonly project?: string | undefined;
  readonly name?: string | undefined;
}

/** The prune rules among the options of a command or a target; a rule that is not given is undefined. */
export function ruleOptionsOf(options: RuleOptions): RuleOptions {
  const { keepNewest, unusedFor, minAge, maxUsed, minFree, reserved, orphans } = options;
  const { project, name } = options;
  const rules = { keepNewest, unusedFor, minAge, maxUsed, minFree, reserved, orphans };
  return { ...rules, project, name } satisfies Readonly<Record<keyof RuleOptions, unknown>>;
}

/** @param total size of the file system in bytes, for percentages. @throws ImageError USAGE */
export function pruneRules(
  { prune }: Pick<Settings, 'prune'>,
  options: RuleOptions,
  total: number,
): PruneRules {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const isPart = options.project !== undefined || options.name !== undefined;
  const bounds = isPart ? { maxUsed: undefined, minFree: undefined } : {};
  const rules: RuleOptions = { ...prune, ...bounds, ...Object.fromEntries(given) };
  const { keepNewest, unusedFor, minAge, maxUsed, minFree, reserved, orphans } = rules;
  /** A rule as the user wrote it: an option of this call, or a key of the settings. */
  const subject = (key: 'unusedFor' | 'minAge' | 'maxUsed' | 'minFree' | 'reserved') =>
    options[key] === undefined
      ? `${SETTINGS_FILE} prune.${settingOf(key)}`
      : wording`${option(key)}`;
  return {
    ...(keepNewest === undefined ? {} : { keepNewest: groupCounts(keepNewest) }),
    ...(unusedFor === undefined
      ? {}
      : { unusedFor: parseDuration(unusedFor, subject('unusedFor')) }),
    ...(minAge === undefined ? {} : { minAge: parseDuration(minAge, subject('minAge')) }),
    ...(maxUsed === undefined ? {} : { maxUsed: parseSpace(maxUsed, total, subject('maxUsed')) }),
    ...(minFree === undefined ? {} : { minFree: parseSpace(minFree, total, subject('minFree')) }),
    ...(reserved === undefined
      ? {}
      : { reserved: parseSpace(reserved, total, subject('reserved')) }),
    ...(orphans === undefined ? {} : { orphans }),
  };
}

function settingOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
