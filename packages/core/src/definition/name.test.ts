import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeviceName } from '../oci/file-name.js';
import { checkName, featuresOf, formatName, nearestName, normalizeOs, parseName } from './name.js';

describe('a name', () => {
  it.each([
    ['capy-ubuntu-25.04-gcc15', [], { project: 'capy', os: 'ubuntu-25.04', variant: 'gcc15' }],
    [
      'capy-ubuntu-25.04-clang20-asan',
      [],
      { project: 'capy', os: 'ubuntu-25.04', variant: 'clang20-asan' },
    ],
    ['beast2-ubuntu-24.04-x86', [], { project: 'beast2', os: 'ubuntu-24.04', variant: 'x86' }],
    ['my-app-debian-12-base', [], { project: 'my-app', os: 'debian-12', variant: 'base' }],
    ['a-b-9-c-1-d', ['a-b-9'], { project: 'a-b-9', os: 'c-1', variant: 'd' }],
    ['a-b-9-c-1-d', [], { project: 'a', os: 'b-9', variant: 'c-1-d' }],
    ['app-mylinux-7-x', [], { project: 'app', os: 'mylinux-7', variant: 'x' }],
  ])('%s is parsed with projects %j', (name, projects, expected) => {
    expect(parseName(name, projects)).toEqual(expected);
  });

  it.each([
    '',
    'app',
    'app-ubuntu',
    'app-ubuntu-25.04',
    'App-ubuntu-25.04-x',
    'a--ubuntu-1-x',
    'app_ubuntu-25.04-x',
    '-a-b-1-c',
    'a-b-1-',
    'aux.0-aa-0-a',
    `a-b-1-${'c'.repeat(130)}`,
  ])('is refused: %j', (name) => {
    expect(parseName(name)).toBeUndefined();
    expect(() => checkName(name)).toThrow(expect.objectContaining({ code: 'NAMING' }) as Error);
  });

  it.each([
    ['Capy-Ubuntu-25.04-GCC15', 'capy-ubuntu-25.04-gcc15'],
    ['capy_ubuntu:25.04_gcc15', 'capy-ubuntu-25.04-gcc15'],
    ['capy--ubuntu-25.04--gcc15-', 'capy-ubuntu-25.04-gcc15'],
    ['capy', undefined],
    ['..a..b.-.ubuntu-1.-c.', 'a.b-ubuntu-1-c'],
    ['.'.repeat(100_000), undefined],
    ['AUX.0-ubuntu-25.04-gcc15', 'aux-0-ubuntu-25.04-gcc15'],
    [`a-b-1-c${'-.'.repeat(100_000)}`, 'a-b-1-c'],
  ])('nearest to %.40j is %j', (text, expected) => {
    expect(nearestName(text)).toBe(expected);
  });

  it('is refused with the nearest valid name as a hint', () => {
    expect(() => formatName({ project: 'My_App', os: 'ubuntu-25.04', variant: 'GCC15' })).toThrow(
      expect.objectContaining({
        hint: 'The nearest valid name is my-app-ubuntu-25.04-gcc15.',
      }) as Error,
    );
  });

  it.each([
    ['aux.0-ubuntu-25.04-gcc15', 'a name that Windows does not keep for a device'],
    [`app-ubuntu-25.04-${'x'.repeat(130)}`, 'at most 128 characters'],
    ['app-ubuntu', '<project>-<distribution>-<version>-<variant>'],
  ])('is refused for what it is: %.40s, expected %s', (name, expected) => {
    expect(() => checkName(name)).toThrow(`name: expected ${expected}`);
  });

  it('is parsed into the parts that it was formatted from', () => {
    const words = fc.stringMatching(/^[a-z0-9]{1,6}([.-][a-z0-9]{1,6}){0,2}$/);
    const parts = fc.record({
      project: words.filter((project) => !isDeviceName(project)),
      os: fc.stringMatching(/^[a-z]{2,8}-[0-9]{1,2}(\.[0-9]{2})?$/),
      variant: words,
    });
    fc.assert(
      fc.property(parts, (each) => {
        expect(parseName(formatName(each), [each.project])).toEqual(each);
      }),
    );
  });

  it('has features after its compiler', () => {
    expect(featuresOf('gcc15')).toEqual([]);
    expect(featuresOf('clang20-asan-cov')).toEqual(['asan', 'cov']);
    expect(featuresOf('x86')).toEqual(['x86']);
    expect(normalizeOs('ubuntu:25.04')).toBe('ubuntu-25.04');
  });
});
