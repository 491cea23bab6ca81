import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIgnoreRules, type IgnoreState } from './ignore-rules.js';

function stateAt(text: string, path: string, platform: NodeJS.Platform = 'linux'): IgnoreState {
  return path
    .split('/')
    .reduce((state, name) => state.enter(name), parseIgnoreRules(text, platform).root);
}

/** Rules, paths that they leave out and paths that they keep; moby/patternmatcher 0.6.0 gives the same answers. */
const DOCKER_CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  // Names and slashes.
  ['file.txt', ['file.txt', 'file.txt/x'], ['xfile.txt', 'file.txtx', 'filextxt', 'd/file.txt']],
  ['dir/file', ['dir/file', 'dir/file/x'], ['dir', 'file', 'dir/file2', 'x/dir/file']],
  ['/dir', ['dir', 'dir/x'], ['x/dir']],
  ['dir/', ['dir', 'dir/x/y'], ['dirx']],
  ['//dir//sub//', ['dir/sub'], ['dir']],
  ['./dir', ['dir'], []],
  ['dir/.', ['dir'], []],
  ['dir/../other', ['other'], ['dir', 'dir/other']],
  ['/../dir', ['dir'], []],
  ['../dir', [], ['dir']],
  ['.', [], ['a', '.a']],
  ['/', [], ['a']],
  ['.foo', ['.foo'], ['foo', 'bar.foo', 'xfoo']],
  // One star, one character.
  ['*', ['a', '.a', 'a/b'], []],
  ['*.go', ['a.go', '.go', 'd.go/x'], ['d/a.go', 'a.gox', 'ago']],
  ['.*', ['.foo', '.git/config'], ['foo', 'a/.b']],
  ['a*', ['a', 'abc', 'ab/c'], ['ba', 'b/a']],
  ['*c', ['abc', 'c'], ['cb', 'a/c']],
  ['a*/b', ['abc/b', 'a/b'], ['a/c/b', 'ab']],
  ['*/*', ['a/b', 'a/b/c'], ['a']],
  ['*/*.txt', ['a/b.txt'], ['b.txt', 'a/c/b.txt']],
  ['a*b*c*d*e*/f', ['axbxcxdxe/f', 'axbxcxdxexxx/f'], ['axbxcxdxe/xxx/f', 'axbxcxdxexxx/fff']],
  ['a*b?c*x', ['abxbbxdbxebxczzx'], ['abxbbxdbxebxczzy']],
  ['a?b', ['axb', 'a☺b', 'a.b'], ['ab', 'a/b', 'axxb']],
  ['a???b', ['axxxb'], ['a☺b']],
  ['d/*', ['d/x', 'd/x/y'], ['d']],
  ['*x', ['xxx'], ['xxxy']],
  // Two stars.
  ['**', ['file', 'dir/file', '.x'], []],
  ['**/', ['file', 'dir/file'], []],
  ['**/**', ['dir/file', 'file'], []],
  ['dir/**', ['dir/file', 'dir/d/file'], ['dir', 'dirx/file']],
  ['dir/**/', ['dir/file'], ['dir']],
  ['**/dir', ['dir', 'dir/file', 'a/b/dir', 'a/dir/x'], ['xdir', 'a/xdir', 'dirx']],
  ['**/dir2/*', ['dir/dir2/file', 'dir2/file'], ['dir/dir2', 'dir/dir2x/file']],
  ['**/dir2/**', ['dir/dir2/dir3/file', 'dir2/x'], ['dir/dir2', 'dir2']],
  ['**file', ['file', 'dir/file', 'xfile', 'dir/xfile'], ['filex']],
  ['**file*', ['file', 'dir/filex'], ['xfile']],
  ['**.log', ['a.log', 'd/e/a.log'], ['a.logx']],
  ['**/file*', ['file', 'd/e/file.txt'], ['xfile', 'd/xfile']],
  ['**/file*.txt', ['d/file.txt', 'd/e/fileA.txt'], ['d/fileAtxt']],
  ['**/**/*.txt', ['file.txt', 'd/e/file.txt'], ['file.txt2', 'd/file.txt2']],
  ['a**/*.txt', ['a/file.txt', 'a/d/e/file.txt'], ['b/file.txt']],
  ['a/*.txt**', ['a/file.txt', 'a/file.txtx'], ['a/file']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b/z'], ['a/xb', 'a', 'ab', 'x/a/b']],
  ['**/a/**/b', ['a/b', 'x/a/y/b'], ['x/b']],
  ['a**', ['a', 'abc', 'a/b', 'ab/c'], ['ba']],
  ['**/foo/bar', ['foo/bar', 'd/foo/bar', 'd/e/foo/bar'], ['foo', 'bar', 'foo/x/bar']],
  ['***', ['a', 'a/b'], []],
  ['**/*', ['a', 'a/b'], []],
  ['**/*.*', ['a.b', 'd/a.b'], ['a', 'd/a']],
  ['**/node_modules', ['node_modules/x', 'p/node_modules/x/y'], ['node_modules2']],
  // Brackets.
  ['a[b-d]e', ['ace'], ['ae', 'aae', 'a[b-d]e']],
  ['ab[e-g]', ['abf'], ['abc']],
  ['a[^b-d]e', ['aze'], ['ace', 'ae']],
  ['a[^a]b', ['a☺b', 'a/b'], ['aab']],
  ['a[!b]c', ['a!c', 'abc'], ['axc']],
  ['[a-ζ]*', ['α', 'a'], ['A']],
  ['*[a-ζ]', ['xα'], ['A']],
  ['[\\]a]', [']', 'a'], ['b']],
  ['[\\-x]', ['-', 'x'], ['a']],
  ['[x\\-]', ['-', 'x'], ['z']],
  ['[abc][0-9]', ['a1', 'c9/x'], ['a', 'd1', 'a1x']],
  ['**/[a-c]', ['a', 'd/b'], ['d', 'd/d']],
  ['**/*[-_]old', ['a-old', 'd/a_old'], ['aold']],
  ['a]', ['a]'], ['a']],
  // Escapes.
  ['a\\*b', ['a*b'], ['ab', 'axb', 'a\\b']],
  ['a\\?b', ['a?b'], ['axb']],
  ['a\\[b\\]', ['a[b]', 'a[b]/c'], ['ab']],
  ['a\\\\', ['a\\'], ['a']],
  ['\\#a', ['#a'], ['a']],
  ['\\!a', ['!a'], ['a']],
  // Characters that regular expressions use.
  ['abc.def', ['abc.def'], ['abcdef', 'abcZdef']],
  ['a(b)c/def', ['a(b)c/def'], ['abc/def', 'a(b)c/xyz']],
  ['a.|)$(}+{bc', ['a.|)$(}+{bc'], ['a']],
  ['dist/x-2.4.0rc3+g08-py3.whl', ['dist/x-2.4.0rc3+g08-py3.whl'], ['dist/x-2.4.0rc33g08-py3.whl']],
  ['**/libstdc++', ['libstdc++', 'd/libstdc++/x'], ['libstdc', 'libstdccc']],
  ['s+.py', ['s+.py'], ['s.py', 'ss.py']],
  ['*.c++', ['a.c++'], ['a.ccc']],
  ['(x)/*', ['(x)/a'], ['x/a']],
  ['$HOME', ['$HOME'], ['x']],
  ['a^b', ['a^b'], ['ab']],
  // Lines.
  ['# a\n#b\n\n', [], ['a', 'b', '# a', '#b']],
  [' # a', ['# a'], ['a']],
  ['  a  \n\tb\t', ['a', 'b'], []],
  ['a b', ['a b'], ['a', 'b']],
  ['a\r\nb\r\n', ['a', 'b'], ['c']],
  ['\uFEFFa\nb', ['a', 'b'], []],
  ['\uFEFF# a', [], ['a', '# a']],
  ['a #b', ['a #b'], ['a']],
  ['a\n\nb', ['a', 'b'], []],
  // Exceptions, in order.
  ['docs\n!docs/README.md', ['docs', 'docs/x'], ['docs/README.md', 'a']],
  ['docs/\n!docs/README.md', ['docs/x'], ['docs/README.md']],
  ['docs/*\n!docs/README.md', ['docs/x'], ['docs', 'docs/README.md']],
  ['!docs/README.md\ndocs', ['docs/README.md'], ['a']],
  ['*.go\n!a.go', ['b.go'], ['a.go']],
  ['!a.go\n*.go', ['a.go'], []],
  ['**\n!util/web', ['util', 'util/x'], ['util/web', 'util/web/foo']],
  ['**\n!util/web\nutil/web/foo', ['util/web/foo', 'x'], ['util/web/bar']],
  ['**\n!dist/*.whl', ['dist/x'], ['dist/a+b.whl']],
  ['*\n!src\nsrc/*.test.ts', ['a', 'src/a.test.ts'], ['src', 'src/a.ts', 'src/d/a.test.ts']],
  ['*\n!src/**\n**/*.log', ['a', 'src', 'src/a.log'], ['src/a', 'src/d/b']],
  ['a\n!a/b\na/b/c\n!a/b/c/d', ['a/x', 'a/b/c/x'], ['a/b/x', 'a/b/c/d']],
  ['a\n!/a/b/', ['a/c'], ['a/b', 'a/b/x']],
  ['a\n!  a/b', ['a/c'], ['a/b']],
  ['a\n!./a/../a/b', ['a/c'], ['a/b']],
  ['*.md\n!README*.md\nREADME-secret.md', ['x.md', 'README-secret.md'], ['README.md', 'a']],
  ['*.md\nREADME-secret.md\n!README*.md', ['x.md'], ['README-secret.md']],
  ['a\n!!a', ['a'], []],
  ['!a', [], ['a', 'b']],
  ['a\n!#x\n# !a', ['a'], ['#x']],
];

describe('.dockerignore', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'a/b/c', true],
    ['a', 'b/a', false],
    ['a', 'ab', false],
    ['/a/', 'a/b', true],
    ['./a//b/../c', 'a/c/x', true],
    ['../a', 'a', false],
    ['# a', 'a', false],
    ['\n \n', 'a', false],
    ['\uFEFFa', 'a', true],
    ['a\r', 'a', true],
    ['*.log', 'x.log', true],
    ['*.log', 'd/x.log', false],
    ['*/x', 'd/x', true],
    ['a*c', 'abbc', true],
    ['a*c', 'ab/c', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a?c', 'a😀c', true],
    ['**', 'a/b', true],
    ['**/x', 'x', true],
    ['**/x', 'a/b/x/y', true],
    ['**/x', 'a/bx', false],
    ['**/*.log', 'a/b.log', true],
    ['a/**', 'a', false],
    ['a/**', 'a/b', true],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'a/x/y/c', true],
    ['a/**/c', 'a/xc', false],
    ['a**b', 'ab', true],
    ['a**b', 'ax/b', true],
    ['a**b', 'axb', false],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[]a]x', ']x', true],
    ['[\\]]x', ']x', true],
    ['\\*x', '*x', true],
    ['\\*x', 'ax', false],
    ['a\\', 'a\\', true],
    ['c++', 'c++/y.h', true],
    ['c++', 'cc', false],
    ['**/c++', 'a/c++/y', true],
    ['app/(marketing)', 'app/(marketing)/p.tsx', true],
    ['app/(marketing)', 'app/marketing', false],
    ['app/(marketing', 'app/(marketing)/p.tsx', false],
    ['a|b', 'a|b/z', true],
    ['a|b', 'a', false],
    ['caret^', 'caret^/z', true],
    ['sub/s+.py', 'sub/s.py', false],
    ['a.b$', 'a.b$', true],
    ['{a,b}', 'a', false],
    ['a\n!a/b', 'a/b', false],
    ['a\n!a/b', 'a/c', true],
    ['a\n! a/b \na/b/c', 'a/b/c', true],
    ['!a', 'a', false],
    ['*\n!**/keep', 'd/keep/x', false],
  ])('pattern %j, path %j: ignored %j', (text, path, expected) => {
    expect(stateAt(text, path).isIgnored).toBe(expected);
  });

  it.each(DOCKER_CASES)('rules %j: ignores %j, keeps %j', (text, ignored, kept) => {
    const isIgnored = (path: string) => stateAt(text, path).isIgnored;
    expect([...ignored, ...kept].filter(isIgnored)).toEqual(ignored);
  });

  it('treats a backslash as a separator on Windows', () => {
    expect(stateAt('a\\*.log', 'a/x.log', 'win32').isIgnored).toBe(true);
  });

  it.each(['[a', '[', 'a[^', '[a-', '[b-a]', '!', 'a\n ! '])('refuses %j', (text) => {
    expect(() => parseIgnoreRules(text, 'linux')).toThrow(
      expect.objectContaining({ code: 'INVALID' }),
    );
  });

  it('tells whether there are exceptions', () => {
    expect(parseIgnoreRules('a\n# !b').hasExceptions).toBe(false);
    expect(parseIgnoreRules('a\n !b').hasExceptions).toBe(true);
  });

  it('compares no more than twice the length of its patterns for each character', () => {
    const part = fc.constantFrom('a', 'b', '*', '**', '**/', '/', '?', '[ab]', '[^a]', '\\*');
    const pattern = fc.array(part, { minLength: 1, maxLength: 30 }).map((parts) => parts.join(''));
    const name = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 5 });
    const path = fc.array(
      name.map((chars) => chars.join('')),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, names) => {
        const rules = parseIgnoreRules(patterns.join('\n'), 'linux');
        names.reduce((state, each) => state.enter(each), rules.root);
        const length = patterns.join('').length + patterns.length;
        expect(rules.steps()).toBeLessThanOrEqual(2 * length * names.join('/').length);
      }),
    );
  });

  it('has a linear time bound for repeated wildcards on a deep path', () => {
    const rules = parseIgnoreRules(`${'**/'.repeat(8)}x\n${'*a'.repeat(40)}b`, 'linux');
    const names = Array.from({ length: 40 }, () => 'a'.repeat(200));
    names.reduce((state, each) => state.enter(each), rules.root);
    expect(rules.steps()).toBeLessThan(2 * 110 * 8040);
  });
});
