import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import {
  changeItems,
  flipped,
  repack,
  type Item,
  type Members,
} from '../../../packages/core/testing/repack.js';
import { json, stowage, temporaryFolder } from '../run.js';
import { archive, digestOf } from '../served.js';

/** Registers the tests of hybrid archives (docker and OCI) whose halves differ. */
export function verifyAttacks(): void {
  it.each<[what: string, change: (members: Members) => void, codes: readonly string[]]>([
    [
      'another image',
      (members) =>
        changeItems(members, (items) =>
          items.map((item) => ({ ...item, Config: otherConfig(members, item) })),
        ),
      ['INCOMPLETE', 'INVALID'],
    ],
    ['a damaged layer', (members) => ownLayers(members, (body) => flipped(body, 600)), ['CORRUPT']],
    ['no image', (members) => changeItems(members, () => []), ['INCOMPLETE']],
    ['the same layers, unpacked', (members) => ownLayers(members, gunzipSync), []],
  ])('verify finds that the docker half of a hybrid is %s', async (_what, change, codes) => {
    const cwd = await temporaryFolder();
    const { path } = await archive();
    await repack(path, join(cwd, 'x.tar'), change);
    const { results } = await json<{ results: { ok: boolean; problems: { code: string }[] }[] }>(
      ['verify', './x.tar'],
      { cwd },
    );
    const found = results.flatMap(({ problems }) => problems.map(({ code }) => code));
    expect([...new Set(found)].sort()).toEqual(codes);
    const { code, stdout } = await stowage(['verify', './x.tar'], { cwd });
    expect(code).toBe(codes.length === 0 ? 0 : 4);
    if (codes.length > 0) expect(stdout).toContain('docker-archive:');
  });

  it('load reads the OCI half of such a hybrid, the one that verify checks', async () => {
    const cwd = await temporaryFolder();
    const { path, digest } = await archive();
    await repack(path, join(cwd, 'x.tar'), (members) =>
      changeItems(members, (items) =>
        items.map((item) => ({ ...item, Config: otherConfig(members, item) })),
      ),
    );
    const loaded = await json<{ results: { digest: string }[] }>(
      ['load', './x.tar', '--engine', 'embedded'],
      { cwd },
    );
    expect(loaded.results.map((each) => each.digest)).toEqual([digest]);
    expect((await stowage(['copy', './x.tar', './out.tar'], { cwd })).code).toBe(0);
    // Both halves of the copy hold the same image.
    expect((await stowage(['verify', './out.tar'], { cwd })).code).toBe(0);
  });
}

/** Adds a config for the same layers that starts another program. @returns its path */
function otherConfig(members: Members, { Config }: Item): string {
  const config = JSON.parse(String(members.get(Config))) as object;
  const bytes = Buffer.from(JSON.stringify({ ...config, config: { Cmd: ['/other'] } }));
  const path = `blobs/${digestOf(bytes).replace(':', '/')}`;
  members.set(path, bytes);
  return path;
}

/** Gives the docker half its own, changed layers. */
function ownLayers(members: Members, change: (body: Buffer) => Buffer): void {
  changeItems(members, (items) =>
    items.map((item, n) => ({
      ...item,
      Layers: item.Layers.map((path, at) => {
        members.set(`${n}/${at}`, change(members.get(path) ?? Buffer.alloc(0)));
        return `${n}/${at}`;
      }),
    })),
  );
}
