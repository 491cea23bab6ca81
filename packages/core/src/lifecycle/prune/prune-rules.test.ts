import { expect, it } from 'vitest';
import { pruneRules } from './prune-rules.js';

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
