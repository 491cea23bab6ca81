import { describe, expect, it } from 'vitest';
import {
  canonicalOs,
  DISTRIBUTION_NAMES,
  imageOfOs,
  isKnownOs,
  osOfCodeName,
  osOfImage,
} from './distributions.js';
import { parseName } from './name.js';

describe('a distribution', () => {
  it.each(DISTRIBUTION_NAMES)('%s is known in names, and its image names it', (name) => {
    expect(parseName(`app-${name}-9-x`)?.os).toBe(`${name}-9`);
    expect(isKnownOs(`${name}-9`)).toBe(true);
    expect(osOfImage(imageOfOs(`${name}-9`))).toBe(canonicalOs(`${name}-9`));
  });

  it.each([
    ['rocky-9', 'rockylinux-9', 'rockylinux/rockylinux:9'],
    ['oracle-9', 'oraclelinux-9', 'oraclelinux:9'],
    ['debian-bookworm', 'debian-12', 'debian:bookworm'],
    ['opensuse-15.6', 'opensuse-15.6', 'opensuse/leap:15.6'],
    ['opensuse-tumbleweed', 'opensuse-tumbleweed', 'opensuse/tumbleweed'],
    ['ubuntu-24.04', 'ubuntu-24.04', 'ubuntu:24.04'],
    ['unknown-1', 'unknown-1', 'unknown:1'],
    ['constructor-1', 'constructor-1', 'constructor:1'],
    ['debian', 'debian', 'debian'],
  ])('%s is %s, with the image %s', (os, canonical, image) => {
    expect(canonicalOs(os)).toBe(canonical);
    expect(imageOfOs(os)).toBe(image);
  });

  it('is not known by a name of JavaScript or without a version number', () => {
    expect(['constructor', '__proto__', 'noble'].map(osOfCodeName)).toEqual([
      undefined,
      undefined,
      'ubuntu-24.04',
    ]);
    expect(['windows-2025', 'debian-sid', 'debian', 'debian-'].filter(isKnownOs)).toEqual([]);
  });
});
