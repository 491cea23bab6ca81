import { describe, expect, it } from 'vitest';
import { requirementsInMatrix } from './matrix-requirements.js';

const NOTHING = { packages: [], tools: [], features: [] };

describe('the requirements in a matrix', () => {
  it.each([
    [{}, {}],
    [{ compiler: 'gcc-13' }, { compiler: 'gcc-13' }],
    [{ compiler: 'gcc', version: '13' }, { compiler: 'gcc13' }],
    [{ compiler: { name: 'gcc', version: '13' } }, { compiler: 'gcc13' }],
    [{ cc: '/usr/bin/clang-20' }, { compiler: 'clang-20' }],
    [{ CXX: 'clang++', 'compiler-version': '20' }, { compiler: 'clang20' }],
    [{ config: { cc: 'gcc-14' } }, { compiler: 'gcc-14' }],
    // The most explicit key wins, and a version in the name.
    [{ cc: 'gcc-13', compiler: 'clang-20', version: '7' }, { compiler: 'clang-20' }],
    [{ compiler: ' ', cc: 'gcc-13' }, { compiler: 'gcc-13' }],
    [{ compiler: 'null' }, {}],
    [
      { project: 'app', variant: 'base', Arch: 'arm64' },
      { project: 'app', variant: 'base', arch: 'arm64' },
    ],
    [
      { install: 'git, cmake', tools: ['act', 7] },
      { packages: ['git', 'cmake'], tools: ['act'] },
    ],
    [{ asan: 'true', tsan: 'false', features: 'x86' }, { features: ['x86', 'asan'] }],
  ])('%j are %j', (combination, expected) => {
    expect(requirementsInMatrix(combination)).toEqual({ ...NOTHING, ...expected });
  });

  it.each([
    [{ compiler: '${{ env.CC }}' }, 'its compiler ${{ env.CC }} is not known before it runs'],
    [{ compiler: { version: '13' } }, 'its compiler has no name'],
    [{ compiler: '13' }, 'is not the name of a compiler'],
    [{ packages: '${{ env.P }}' }, 'its packages is not known before it runs'],
    [{ variant: '${{ env.V }}' }, 'its variant is not known before it runs'],
  ])('%j are not known: %s', (combination, reason) => {
    expect(requirementsInMatrix(combination)).toContain(reason);
  });
});
