import { expect, it } from 'vitest';
import { releaseOf } from './release.js';

it('version actions are found by a path with slashes, relative to the workspace', () => {
  const { version } = releaseOf('/w', '/w/node_modules/@stowage/images/dist/release/x.js');
  expect(version?.versionActions).toBe('node_modules/@stowage/images/dist/release/x.js');
  expect(releaseOf('/w/a', '/w/b/x.js').version?.versionActions).toBe('../b/x.js');
});
