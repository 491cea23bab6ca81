import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requirementsOf, type RequirementsYaml } from '../definition/requirements.js';
import { rank, type Candidate } from './match.js';

const wants = (yaml: RequirementsYaml = {}) =>
  requirementsOf(
    { os: 'ubuntu:25.04', compiler: 'gcc15', ...yaml },
    { project: 'app', architecture: 'amd64' },
  );
const image = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  name,
  file: `app/${name}.tar`,
  architecture: 'x86_64',
  ...more,
});
const GCC15 = image('app-ubuntu-25.04-gcc15');

describe('the score of an image', () => {
  it.each<[string, Candidate, RequirementsYaml, number, number, RegExp]>([
    ['an exact match', GCC15, {}, 100, 0, /^it fits$/],
    ['an image of another project', image('lib-ubuntu-25.04-gcc15'), {}, 100, 0, /^it fits$/],
    [
      'another compiler on the same system',
      image('app-ubuntu-25.04-clang20'),
      {},
      70,
      0,
      /compiler is clang20, not gcc15/,
    ],
    ['another compiler version', image('app-ubuntu-25.04-gcc14'), {}, 70, 0, /gcc14, not gcc15/],
    ['any compiler version', GCC15, { compiler: 'gcc' }, 100, 0, /fits/],
    [
      'a compiler that its record names',
      image('app-ubuntu-25.04-base', { compilers: ['gcc-15'] }),
      {},
      100,
      0,
      /fits/,
    ],
    [
      'another system',
      image('app-ubuntu-24.04-gcc15'),
      {},
      0,
      0,
      /for ubuntu-24.04, not ubuntu-25.04/,
    ],
    [
      'another spelling of the system',
      image('app-rocky-9-gcc15'),
      { os: 'rockylinux:9' },
      100,
      0,
      /fits/,
    ],
    ['a code name of the system', GCC15, { os: 'ubuntu:plucky' }, 100, 0, /fits/],
    [
      'the system that its entry names',
      image('old', { os: 'ubuntu:25.04', compilers: ['gcc15'] }),
      {},
      100,
      0,
      /fits/,
    ],
    ['another architecture', GCC15, { arch: 'aarch64' }, 0, 0, /for amd64, not arm64/],
    [
      'one of several architectures',
      image('app-ubuntu-25.04-gcc15', { architecture: 'arm64,amd64' }),
      {},
      100,
      0,
      /fits/,
    ],
    ['an unknown architecture', { name: GCC15.name, file: 'x' }, {}, 0, 0, /unknown architecture/],
    [
      'no features where asan is required',
      GCC15,
      { features: 'asan' },
      70,
      0,
      /features are none, not asan/,
    ],
    [
      'asan where coverage is required',
      image('app-ubuntu-25.04-gcc15-asan'),
      { features: 'cov' },
      0,
      0,
      /features are asan, not cov/,
    ],
    [
      'asan where no features are required',
      image('app-ubuntu-25.04-gcc15-asan'),
      {},
      0,
      0,
      /features are asan, not none/,
    ],
    [
      'the same features in another order',
      image('app-ubuntu-25.04-gcc15-cov-asan'),
      { variant: 'gcc15-asan-cov' },
      100,
      0,
      /fits/,
    ],
    [
      'packages and tools',
      image('app-ubuntu-25.04-gcc15', { packages: ['a', 'b'], tools: ['cmake'] }),
      { packages: 'a c', tools: ['cmake'] },
      100,
      30,
      /lacks c/,
    ],
    [
      'a missing archive',
      image('app-ubuntu-25.04-gcc15', { state: 'missing' }),
      {},
      0,
      0,
      /archive is gone/,
    ],
    [
      'a changed archive',
      image('app-ubuntu-25.04-gcc15', { state: 'changed' }),
      {},
      0,
      0,
      /record/,
    ],
  ])('%s', (_what, candidate, yaml, essential, extra, reason) => {
    const [match] = rank([candidate], wants(yaml));
    expect(match).toMatchObject({ score: { essential, extra } });
    expect(match?.reason).toMatch(reason);
  });
});

describe('the best image', () => {
  const two = (a: Partial<Candidate>, b: Partial<Candidate>) =>
    rank(
      [image('b-ubuntu-25.04-gcc15', a), image('a-ubuntu-25.04-gcc15', b)],
      wants({ packages: 'p' }),
    );
  it.each<[string, Partial<Candidate>, Partial<Candidate>, RegExp]>([
    [
      'has the required packages',
      { packages: ['p'] },
      { last_used: '2026-01-01' },
      /lacks p; scores 0 for packages and tools, the best 10/,
    ],
    [
      'was used most recently',
      { last_used: '2026-02-01' },
      { last_used: '2026-01-01' },
      /used longer ago/,
    ],
    ['was used most often', { usage_count: 3 }, { usage_count: 2 }, /used less often/],
    ['is the smallest', { size: 1 }, { size: 2 }, /larger/],
  ])('%s', (_what, a, b, reason) => {
    const [first, second] = two(a, b);
    expect(first?.candidate.name).toBe('b-ubuntu-25.04-gcc15');
    expect(second?.reason).toMatch(reason);
  });

  it('is the first by name when nothing else tells them apart', () => {
    expect(two({}, {}).map(({ candidate }) => candidate.name)).toEqual([
      'a-ubuntu-25.04-gcc15',
      'b-ubuntu-25.04-gcc15',
    ]);
  });

  it('is the same for every order of the entries', () => {
    const names = [
      'app-ubuntu-25.04-gcc15',
      'lib-ubuntu-25.04-gcc14',
      'x-ubuntu-25.04-gcc15-asan',
      'app-debian-12-gcc15',
    ];
    const some = fc.constantFrom(undefined, '2026-01-01', '2026-01-02', 'never');
    const candidates = fc.uniqueArray(
      fc.record(
        {
          name: fc.constantFrom(...names),
          file: fc.stringMatching(/^[a-z]{1,4}$/),
          architecture: fc.constantFrom('amd64', 'arm64'),
          packages: fc.subarray(['p', 'q']),
          last_used: some as fc.Arbitrary<string>,
          usage_count: fc.nat(2),
          size: fc.nat(2),
        },
        { requiredKeys: ['name', 'file', 'architecture'] },
      ),
      { selector: ({ file }) => file },
    );
    const shuffled = candidates.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(rank(other, wants({ packages: 'p' }))).toEqual(rank(one, wants({ packages: 'p' })));
      }),
    );
  });
});
