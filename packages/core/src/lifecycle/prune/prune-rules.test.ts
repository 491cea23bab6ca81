import { describe, expect, it } from 'vitest';
import { pruneRules, ruleOptionsOf } from './prune-rules.js';

const DAY = 86_400_000;
const SETTINGS = { keepNewest: { name: 2 }, unusedFor: '30d', maxUsed: '10%', minFree: '5GB' };
const rules = (options = {}, prune: object = SETTINGS) => pruneRules({ prune }, options, 1000);

describe('the rules of a prune', () => {
  it('are those of the settings, in bytes and milliseconds', () => {
    expect(rules()).toEqual({
      keepNewest: { name: 2 },
      unusedFor: 30 * DAY,
      maxUsed: 100,
      minFree: 5 * 1024 ** 3,
    });
    expect(rules({}, {})).toEqual({});
  });

  it('are replaced one by one by those given', () => {
    expect(
      rules({ keepNewest: 5, unusedFor: undefined, orphans: true, minAge: '1d' }),
    ).toMatchObject({
      keepNewest: { name: 5 },
      unusedFor: 30 * DAY,
      orphans: true,
      minAge: DAY,
    });
  });

  it('for a part have no bounds on all space, unless these are given', () => {
    expect(rules({ project: 'app' })).toEqual({ keepNewest: { name: 2 }, unusedFor: 30 * DAY });
    expect(rules({ name: 'x', maxUsed: '1KB' })).toMatchObject({ maxUsed: 1024 });
  });
});

it('the rules among other options are picked', () => {
  const options = { keepNewest: 1, project: 'app', dryRun: true };
  expect(ruleOptionsOf(options)).toEqual({
    keepNewest: 1,
    unusedFor: undefined,
    minAge: undefined,
    maxUsed: undefined,
    minFree: undefined,
    reserved: undefined,
    orphans: undefined,
    project: 'app',
    name: undefined,
  });
});

it.each([
  ['unusedFor', 'unused_for', 'soon', /a duration/],
  ['minAge', 'min_age', 'soon', /a duration/],
  ['maxUsed', 'max_used', 'much', /a size/],
  ['minFree', 'min_free', '200%', /a size/],
  ['reserved', 'reserved', 'much', /a size/],
] as const)('the rule %s is named as it was written', (key, setting, value, expected) => {
  const ofOption = () => pruneRules({ prune: {} }, { [key]: value }, 1);
  const ofSettings = () => pruneRules({ prune: { [key]: value } }, {}, 1);
  expect(ofOption).toThrow(expected);
  expect(ofOption).toThrow(`the option \`${key}\`: expected`);
  expect(ofSettings).toThrow(`stowage.yaml prune.${setting}: expected`);
});
