import { expect, it } from 'vitest';
import { MemoryStore } from '../../../testing/memory-store.js';
import { ImageError } from '../../errors.js';
import type { Opened } from '../../open.js';
import { leftOut, noticesOf } from './notices.js';

const error = new ImageError('INVALID', 'no config');

function opened(more: Partial<Opened> = {}): Opened {
  const malformed = [
    { references: ['docker.io/library/a:1', 'b:1'], error },
    { references: [], error },
  ];
  const source = Object.assign(new MemoryStore(), { malformed });
  return { source, kind: 'docker-archive', compression: 'none', notices: ['first'], ...more };
}

it('notices are those of opening, then one for each image that is left out', () => {
  expect(noticesOf(opened())).toEqual([
    'first',
    'docker.io/library/a:1: left out: no config',
    'memory:: left out: no config',
  ]);
  expect(noticesOf(opened({ path: './x.tar' })).at(-1)).toBe('./x.tar: left out: no config');
  expect(leftOut('x', error)).toBe('x: left out: no config');
});

it('no image is left out where one is asked for by its name', () => {
  expect(noticesOf(opened({ reference: 'a:1' }))).toEqual(['first']);
});
