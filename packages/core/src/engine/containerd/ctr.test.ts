import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { Ctr } from './ctr.js';

/** A `ctr` that is this shell script. */
async function ctrOf(script: string): Promise<Ctr> {
  const path = join(await temporaryFolder(), 'ctr');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return new Ctr('containerd:test', [path, '-n', 'k8s.io']);
}

it('passes its own arguments before those of a command', async () => {
  const ctr = await ctrOf('printf "%s|" "$@"');
  expect(await ctr.text(['images', 'ls', '; rm -rf /'])).toBe('-n|k8s.io|images|ls|; rm -rf /|');
});

it.each([
  ['ctr: image "x": not found', 'NOT_FOUND'],
  ['ctr: image "x": already exists', 'CONFLICT'],
  [
    'ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded',
    'UNAVAILABLE',
  ],
  ['ctr: connect: permission denied', 'UNAVAILABLE'],
  ['Error response from daemon: container abc is not running', 'UNAVAILABLE'],
  ['ctr: unexpected media type', 'INVALID'],
  ['', 'INVALID'],
])('an error %j is %s', async (stderr, code) => {
  const ctr = await ctrOf(`echo '${stderr}' >&2; exit 1`);
  await expect(ctr.text(['images', 'ls'])).rejects.toMatchObject({
    code,
    location: 'containerd:test',
  });
});
