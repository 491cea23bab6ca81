import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf, filePathOf, isDeviceName, nameOfFile, nameOfFilePath } from './file-name.js';

describe('the file name of a name', () => {
  it.each([
    ['v1.2.3-rc.1_x', 'v1.2.3-rc.1_x'],
    ['V1', '!v1'],
    ['latestRC', 'latest!r!c'],
    ['con', 'con!'],
    ['con.x', 'con!.x'],
    ['com1', 'com1!'],
    ['console', 'console'],
    ['CON', '!c!o!n'],
    ['v1.', 'v1.!'],
    ['v1.partial', 'v1.partial!'],
    ['host+5000', 'host+5000'],
  ])('of %s is %s', (name, file) => {
    expect(fileNameOf(name)).toBe(file);
    expect(nameOfFile(file)).toBe(name);
  });

  it('is reversible and unique on case-insensitive file systems', () => {
    const word = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
      fc.stringMatching(/^(?:[CcAa][Oo0Uu][NnXx]|[Ll]PT[0-9])\.?(?:[Pp]artial)?$/),
    );
    fc.assert(
      fc.property(word, word, (a, b) => {
        const [one, other] = [fileNameOf(a), fileNameOf(b)];
        expect(nameOfFile(one)).toBe(a);
        expect(one.toLowerCase() === other.toLowerCase()).toBe(a === b);
        expect(one).toBe(one.toLowerCase());
        expect(isDeviceName(one)).toBe(false);
        expect(one).not.toMatch(/[. ]$|\.partial$/);
      }),
    );
  });
});

describe('the path of a name', () => {
  it.each([
    ['a'.repeat(255), 'a'.repeat(255)],
    [`A${'a'.repeat(253)}`, `!a${'a'.repeat(253)}`],
    ['A'.repeat(128), `${'!a'.repeat(100)}!+/+${'!a'.repeat(28)}`],
    [`con.${'a'.repeat(251)}`, `con!.${'a'.repeat(195)}!+/+${'a'.repeat(56)}`],
    [`${'a'.repeat(247)}.partial`, `${'a'.repeat(200)}!+/+${'a'.repeat(47)}.partial!`],
  ])('of %s is %s', (name, path) => {
    expect(filePathOf(name)).toBe(path);
    expect(nameOfFilePath(path)).toBe(name);
    expect(nameOfFilePath(path.replaceAll('/', '\\'))).toBe(name);
  });

  it('is reversible, within length limits and unique on case-insensitive file systems', () => {
    const word = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/),
      fc.stringMatching(/^[A-Z][A-Z0-9._-]{120,127}$/),
      fc.stringMatching(/^(?:con|nul|com1)(?:\.[a-z0-9]{240,251})?(?:\.partial|\.)?$/),
    );
    const names = fc.array(word, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(names, names, (one, other) => {
        const [path, otherPath] = [one.map(filePathOf).join('/'), other.map(filePathOf).join('/')];
        expect(nameOfFilePath(path)).toBe(one.join('/'));
        expect(path.toLowerCase() === otherPath.toLowerCase()).toBe(
          one.join('/') === other.join('/'),
        );
        for (const component of path.split('/')) {
          expect(component.length).toBeLessThanOrEqual(255);
          expect(isDeviceName(component)).toBe(false);
          expect(component).not.toMatch(/[. ]$|\.partial$/);
        }
      }),
    );
  });
});
