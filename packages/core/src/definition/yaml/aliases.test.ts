import { expect, it } from 'vitest';
import { isMap, isScalar, parseDocument, visit, type Alias, type YAMLSeq } from 'yaml';
import { aliasTargets } from './aliases.js';

it.each([
  ['[&a 1, *a]', ['1']],
  ['[&a 1, *a, &a 2, *a]', ['1', '2']],
  ['[*a, &a 1]', [undefined]],
  ['&a { x: *a }', ['a map']],
  ['{ &k x: 1, y: *k }', ['x']],
])('the aliases in %j stand for %j', (text, expected) => {
  const document = parseDocument(text);
  const targetOf = aliasTargets(document);
  const found: unknown[] = [];
  visit(document, {
    Alias: (_, alias: Alias) => {
      const target = targetOf(alias);
      expect(target).toBe(alias.resolve(document));
      found.push(isMap(target) ? 'a map' : isScalar(target) ? String(target.value) : target);
    },
  });
  expect(found).toEqual(expected);
});

it('many aliases need one walk through the document', () => {
  const document = parseDocument(`[&a 1${', *a'.repeat(1000)}]`);
  const list = document.contents as unknown as YAMLSeq;
  const { items } = list;
  let walks = 0;
  Object.defineProperty(list, 'items', { get: () => (walks++, items) });
  const targetOf = aliasTargets(document);
  for (const item of items) expect(isScalar(targetOf(item))).toBe(true);
  // The walk reads the list once for its length and once for each item.
  expect(walks).toBeLessThan(3 * items.length);
});
