import { expect, it } from 'vitest';
import { parseRemoteImage, parseRegistryRepository } from './registry-image.js';

it.each(['docker://h:5/a/b:1', 'h.example/a@sha256:'.padEnd(83, '0'), 'docker.io/library/debian'])(
  'takes %s',
  (text) => {
    expect(parseRemoteImage(text)).toMatchObject({ text });
  },
);

it.each([
  ['debian:12', 'docker.io/library/debian:12 for debian:12'],
  ['team/app', 'docker.io/team/app:latest for team/app:latest'],
  ['images/app.tar', 'docker.io/images/app.tar:latest for images/app.tar:latest'],
])('refuses %s, which has no host', (text, hint) => {
  expect(() => parseRemoteImage(text)).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: `${text}: the host of the registry is missing`,
      hint: `Write ${hint} of Docker Hub.`,
    }),
  );
});

it('refuses a tag or a digest of a repository', () => {
  expect(parseRegistryRepository('docker://h.example/a')).toEqual({
    registry: 'h.example',
    repository: 'a',
  });
  for (const wrong of ['h.example/a:1', 'h.example/a@sha256:'.padEnd(83, '0')])
    expect(() => parseRegistryRepository(wrong)).toThrow(/without a (tag|digest)$/);
});
