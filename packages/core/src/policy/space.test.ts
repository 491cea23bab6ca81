import fc from 'fast-check';
import { expect, it } from 'vitest';
import { digest, item } from '../../testing/prune-items.js';
import { Space } from './space.js';

const shared = (path: string, ids: readonly string[]) =>
  item(path, 1, { contents: ids.map((id) => ({ id, bytes: id.length })) });

it('frees shared content with its last holder', () => {
  const [one, two] = [shared('a', ['base', 'x']), shared('b', ['base', 'yy', 'yy'])];
  const space = new Space([one, two], { held: new Set() });
  expect(space.used).toBe(4 + 1 + 2);
  expect([space.bytesFreedBy(one), space.bytesFreedBy(two)]).toEqual([1, 2]);
  expect(space.release(one)).toBe(1);
  expect(space.release(two)).toBe(6);
  expect(space.used).toBe(0);
  expect(space.freed).toEqual(new Map([['disk', 7]]));
});

it('frees nothing that is held elsewhere, nor the cache of Nx', () => {
  const own = shared('a', ['base', 'x']);
  const cached = { ...shared('b', ['zzz']), kind: 'nx-cache' as const };
  const space = new Space([own, cached], { held: new Set(['base']) });
  expect([space.used, space.bytesFreedBy(own), space.bytesFreedBy(cached)]).toEqual([1, 1, 0]);
});

it('knows an image that is built on another, until it is deleted', () => {
  const base = item('base', 1, { digest: digest(1) });
  const [one, two] = ['one', 'two'].map((name) => item(name, 1, { name, base: digest(1) }));
  if (!one || !two) throw new Error('expected two items');
  const space = new Space([base, one, two], { held: new Set() });
  expect(space.dependentOf(base)).toBe('one');
  space.release(one);
  expect(space.dependentOf(base)).toBe('two');
  expect(space.dependentOf({ ...base, isCopy: true })).toBeUndefined();
  space.release(two);
  expect(space.dependentOf(base)).toBeUndefined();
});

it('has freed everything when everything is deleted, in any order', () => {
  const contents = fc.uniqueArray(fc.constantFrom('a', 'bb', 'ccc', 'dddd', 'eeeee'));
  const plans = fc.array(contents, { maxLength: 6 }).chain((all) => {
    const items = all.map((ids, at) => shared(String(at), ids));
    return fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length }));
  });
  fc.assert(
    fc.property(plans, ([items, order]) => {
      const space = new Space(items, { held: new Set() });
      const before = space.used;
      const freed = order.reduce((sum, each) => sum + space.release(each), 0);
      expect([space.used, freed]).toEqual([0, before]);
    }),
  );
});
