import { describe, expect, it } from 'vitest';
import { keysFor } from './auth-keys.js';

const keys = (all: readonly string[], registry: string, repository = 'team/app') =>
  keysFor(all, registry, repository).map(({ key }) => key);

describe('the keys for a repository', () => {
  it.each([
    'r.example',
    'https://r.example',
    'http://r.example/',
    'https://r.example/v1/',
    'r.example/v2/',
    'R.Example',
  ])('include its host as %s', (key) => {
    expect(keys([key], 'r.example')).toEqual([key]);
  });

  it.each([
    'r.example:5000',
    'sub.r.example',
    'example',
    'r.example/other',
    'r.example/team/app/x',
  ])('do not include %s', (key) => {
    expect(keys([key], 'r.example')).toEqual([]);
  });

  it('are the most specific first', () => {
    const all = ['r.example', 'r.example/team', 'r.example/team/app', 'r.example/te'];
    expect(keysFor(all, 'r.example', 'team/app')).toEqual([
      { key: 'r.example/team/app', depth: 2 },
      { key: 'r.example/team', depth: 1 },
      { key: 'r.example', depth: 0 },
    ]);
  });

  it('of Docker Hub have any of its names', () => {
    const all = ['https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io'];
    for (const registry of all.slice(1)) expect(keys(all, registry)).toEqual(all);
    expect(keys(all, 'r.example')).toEqual([]);
  });
});
