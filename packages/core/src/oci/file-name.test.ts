import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNameOf, isDeviceName, nameOfFile } from './file-name.js';

describe('a name as the name of a file', () => {
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
  ])('%s is %s', (name, file) => {
    expect(fileNameOf(name)).toBe(file);
    expect(nameOfFile(file)).toBe(name);
  });

  it('is found again, and two names are never one file where case does not count', () => {
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
