import { expect, it } from 'vitest';
import { normalizeOptions } from './options.js';

it('targets have their usual names, unless nx.json has others', () => {
  const usual = normalizeOptions(undefined);
  expect(Object.values(usual)).toEqual(
    Object.keys(usual).map((key) => `image-${key.replace('TargetName', '')}`),
  );
  expect(normalizeOptions({ saveTargetName: 'save' })).toEqual({
    ...usual,
    saveTargetName: 'save',
  });
});
