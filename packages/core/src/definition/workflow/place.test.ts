import { describe, expect, it } from 'vitest';
import { placeOf, type JobPlace } from './place.js';

const RUNNERS = { 'ubuntu-latest': 'ubuntu-24.04', Big: 'debian-12' };
const at = (runsOn: unknown, more: Partial<JobPlace> = {}) =>
  placeOf({ runsOn, container: undefined, runners: RUNNERS, ...more });

describe('the place of a job', () => {
  it.each<[unknown, string | null, object]>([
    ['ubuntu-latest', 'ubuntu-latest', { os: 'ubuntu-24.04' }],
    ['UBUNTU-LATEST', 'UBUNTU-LATEST', { os: 'ubuntu-24.04' }],
    ['ubuntu-22.04', 'ubuntu-22.04', { os: 'ubuntu-22.04' }],
    ['ubuntu-24.04-arm', 'ubuntu-24.04-arm', { os: 'ubuntu-24.04', arch: 'arm64' }],
    [['self-hosted', 'linux', 'ARM64', 'big'], 'big', { os: 'debian-12', arch: 'arm64' }],
    [
      { group: 'g', labels: ['x64', 'ubuntu-22.04'] },
      'ubuntu-22.04',
      { os: 'ubuntu-22.04', arch: 'x64' },
    ],
    [['gpu', 'ubuntu-22.04'], 'ubuntu-22.04', { os: 'ubuntu-22.04' }],
  ])('on %j is %s', (runsOn, runner, requirements) => {
    expect(at(runsOn)).toEqual({ runner, requirements });
  });

  it.each([
    [undefined, 'it has no runs-on'],
    [[], 'it has no runs-on'],
    [{ group: 'g' }, 'it runs on the group g'],
    ['windows-latest', 'it runs on windows-latest, which names no Linux image'],
    [['self-hosted', 'linux'], 'it runs on self-hosted'],
    ['${{ matrix.os }}', 'is not known before it runs'],
  ])('on %j is not known', (runsOn, reason) => {
    expect(at(runsOn)).toContain(reason);
  });

  it('is that of its container, on the processor of its runner', () => {
    expect(at('ubuntu-24.04-arm', { container: 'debian:12' })).toEqual({
      runner: 'ubuntu-24.04-arm',
      requirements: { os: 'debian-12', arch: 'arm64' },
    });
    expect(at('x', { container: 'r.example/t/app-debian-12-gcc14:1@sha256:x' })).toContain(
      'is not the name of an image',
    );
    expect(at('x', { container: 'r.example/t/app-debian-12-gcc14:1' })).toMatchObject({
      requirements: { project: 'app', os: 'debian-12', variant: 'gcc14' },
    });
  });

  it.each([
    ['${{ env.IMAGE }}', 'is not known before it runs'],
    ['Not:A:Name', 'is not the name of an image'],
    ['node:22', 'does not name its operating system'],
  ])('in the container %s is not known', (container, reason) => {
    expect(at('ubuntu-latest', { container })).toContain(reason);
  });

  it('is the operating system given where none is known', () => {
    expect(at('gpu', { os: 'debian-12' })).toEqual({
      runner: 'gpu',
      requirements: { os: 'debian-12' },
    });
    expect(at('ubuntu-latest', { os: 'debian-12' })).toMatchObject({
      requirements: { os: 'ubuntu-24.04' },
    });
    expect(at('ubuntu-latest', { os: 'debian-12', container: 'node:22' })).toMatchObject({
      requirements: { os: 'debian-12' },
    });
  });
});
