import { describe, expect, it } from 'vitest';
import {
  definitionFor,
  nameFor,
  parseRequirements,
  requirementsOf,
  upstreamBase,
} from './requirements.js';

const DEFAULTS = { project: 'app', architecture: 'amd64' };
const of = (yaml: Parameters<typeof requirementsOf>[0]) => requirementsOf(yaml, DEFAULTS);
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

describe('requirements', () => {
  it('have defaults, and lists that may be one text', () => {
    expect(of({ os: 'ubuntu:25.04' })).toEqual({
      ...DEFAULTS,
      os: 'ubuntu-25.04',
      packages: [],
      tools: [],
      features: [],
    });
    expect(of({ os: 'Ubuntu-25.04', packages: 'git, cmake  git', tools: ['act'] })).toMatchObject({
      os: 'ubuntu-25.04',
      packages: ['git', 'cmake'],
      tools: ['act'],
    });
  });

  it('have the compiler and features of a variant, sorted, each once', () => {
    expect(
      of({ os: 'ubuntu-25.04', variant: 'gcc15-ubsan-asan', features: 'ASAN x86' }),
    ).toMatchObject({
      compiler: { family: 'gcc', version: '15' },
      features: ['asan', 'ubsan', 'x86'],
    });
    expect(
      of({ os: 'ubuntu-25.04', variant: 'gcc15', compiler: 'clang-20' }).compiler,
    ).toMatchObject({
      family: 'clang',
      version: '20',
    });
  });

  it('have an architecture as GOARCH names it; arch is short for it', () => {
    expect(of({ os: 'ubuntu-25.04', arch: 'aarch64' }).architecture).toBe('arm64');
    expect(of({ os: 'ubuntu-25.04', arch: 'x', architecture: 'x86_64' }).architecture).toBe(
      'amd64',
    );
  });

  it.each([
    ['no operating system', {}, 'USAGE'],
    ['a compiler that is none', { os: 'ubuntu-25.04', compiler: '15' }, 'USAGE'],
    ['an architecture that is none', { os: 'ubuntu-25.04', arch: 'a b' }, 'USAGE'],
    ['a project that is no name', { os: 'ubuntu-25.04', project: 'Ä' }, 'NAMING'],
    ['an operating system without a version', { os: 'ubuntu' }, 'NAMING'],
  ])('with %s are refused', (_what, yaml, expected) => {
    expect(() => of(yaml)).toThrow(code(expected));
  });

  it('of a file are checked, with the line of each problem', () => {
    const text = 'os: ubuntu-25.04\npackages: [git]\n';
    expect(parseRequirements({ text, path: 'x' })).toEqual({
      os: 'ubuntu-25.04',
      packages: ['git'],
    });
    expect(() => parseRequirements({ text: 'os: 7\npackage: x\n', path: 'x' })).toThrow(
      code('USAGE'),
    );
    expect(() => parseRequirements({ text: 'a: 1\n', path: 'x' })).toThrow('x:1:1');
  });
});

describe('a definition for requirements', () => {
  const requirements = of({
    os: 'ubuntu-25.04',
    arch: 'arm64',
    variant: 'gcc15-asan',
    packages: 'git cmake',
    tools: 'act',
  });

  it('is on the official image of the distribution, with all that is needed', () => {
    expect(definitionFor(requirements)).toEqual({
      project: 'app',
      os: 'ubuntu-25.04',
      variant: 'gcc15-asan',
      base: 'ubuntu:25.04',
      platforms: ['linux/arm64'],
      compilers: ['gcc15'],
      packages: ['git', 'cmake'],
      tools: ['act'],
    });
    expect([nameFor(requirements), upstreamBase(requirements)]).toEqual([
      'app-ubuntu-25.04-gcc15-asan',
      'ubuntu:25.04',
    ]);
  });

  it('is on a base, with what that lacks', () => {
    const base = { name: 'base', compilers: ['gcc-15'], packages: ['git'], tools: ['act'] };
    expect(definitionFor(requirements, base)).toMatchObject({
      base: 'base',
      compilers: [],
      packages: ['cmake'],
      tools: [],
    });
    const other = { name: 'base', compilers: ['gcc-14', 'rust'] };
    expect(definitionFor(requirements, other).compilers).toEqual(['gcc15']);
  });

  it('without a compiler needs none', () => {
    expect(definitionFor(of({ os: 'ubuntu-25.04' })).compilers).toEqual([]);
  });
});
