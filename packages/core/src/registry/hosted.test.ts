import { describe, expect, it } from 'vitest';
import { describe as describeBytes } from '../oci/descriptor.js';
import { isSelected, pageOf } from './hosted.js';

describe('a page of a list', () => {
  it.each([
    [{}, ['A', 'a', 'b', 'c']],
    [{ after: 'a' }, ['b', 'c']],
    [{ after: 'aa' }, ['b', 'c']],
    [{ after: 'c' }, []],
    [{ limit: 2 }, ['A', 'a']],
    [{ limit: 0 }, []],
    [{ after: 'A', limit: 1 }, ['a']],
  ])('selected by %j is %j', (page, expected) => {
    const list = ['c', 'a', 'A', 'b'];
    expect(pageOf(list, page)).toEqual(expected);
    expect(list[0]).toBe('c');
  });
});

describe('a referrer', () => {
  const referrer = { ...describeBytes('text/x', Buffer.from('x')), artifactType: 'a/b' };

  it.each([
    [{}, true],
    [{ artifactType: 'a/b' }, true],
    [{ artifactType: 'a' }, false],
    [{ after: referrer.digest }, false],
    [{ after: 'sha256:' }, true],
    [{ after: 'sha256:', artifactType: 'c/d' }, false],
  ])('is selected by %j: %s', (options, expected) => {
    expect(isSelected(referrer, options)).toBe(expected);
  });
});
