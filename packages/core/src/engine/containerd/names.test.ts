import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseDigest } from '../../oci/digest.js';
import { Ctr } from './ctr.js';
import { describeNames, digestsInUse, giveName, listNames, type Named } from './names.js';

const [ID, CONFIG, OTHER] = ['a', 'b', 'c'].map((each) => parseDigest(`sha256:${each.repeat(64)}`));
if (!ID || !CONFIG || !OTHER) throw new TypeError('expected three digests');
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const TAG = 'docker.io/library/app:1';
const BY_DIGEST = `docker.io/library/app@${ID}`;
const PIN = 'io.cri-containerd.pinned';

/** A `ctr` that lists images, and writes down other commands. */
async function ctrOf(rows: readonly string[] = []) {
  const folder = await temporaryFolder();
  const [images, log] = [join(folder, 'images'), join(folder, 'log')];
  await writeFile(images, ['REF TYPE DIGEST SIZE PLATFORMS LABELS', ...rows, ''].join('\n'));
  await writeFile(log, '');
  const script = `if [ "$1 $2" = 'images list' ]; then cat '${images}'; else echo "$*" >>'${log}'; fi`;
  return {
    ctr: new Ctr('containerd:test', ['sh', '-c', script, 'ctr']),
    commands: async () => (await readFile(log, 'utf8')).split('\n').filter((each) => each !== ''),
  };
}

const named = (name: string, more: Partial<Named> = {}): Named => ({
  ...{ name, mediaType: MANIFEST, digest: ID, isPinned: false },
  ...more,
});

describe('a name', () => {
  it.each([
    ['io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned ', true],
    ['io.cri-containerd.pinned=pinned', true],
    ['io.cri-containerd.pinned=pinned,z=1 ', true],
    ['io.cri-containerd.image=managed ', false],
    ['io.cri-containerd.pinned=no ', false],
    ['io.cri-containerd.pinned=pinned-not ', false],
    ['x-io.cri-containerd.pinned=pinned ', false],
    ['- ', false],
  ])('with the labels %j is pinned: %s', async (labels, isPinned) => {
    const { ctr } = await ctrOf([`${TAG}  ${MANIFEST} ${ID} 1.9 MiB linux/amd64 ${labels}`]);
    expect(await listNames(ctr)).toEqual([named(TAG, { isPinned })]);
  });

  it('that looks like an option is not listed', async () => {
    const { ctr } = await ctrOf([`--all ${MANIFEST} ${ID} 1 B - -`, `${TAG} ${MANIFEST} none`]);
    expect(await listNames(ctr)).toEqual([]);
  });
});

describe('the names of an image', () => {
  const config = named(CONFIG);

  it('are its references, of which each should have one by digest, too', () => {
    const names = [named(TAG), named(BY_DIGEST), named('ghcr.io/x/app:1'), config];
    expect(
      describeNames(ID, [...names, named('docker.io/library/b:1', { digest: OTHER })]),
    ).toEqual({
      references: [TAG, 'ghcr.io/x/app:1'],
      withoutDigest: ['ghcr.io/x/app:1'],
      digests: [ID],
    });
  });

  it('by digest alone are those of an image without a tag', () => {
    const names = [named(BY_DIGEST), config];
    expect(describeNames(ID, names)).toEqual({
      ...{ references: [], untagged: [BY_DIGEST], digests: [ID] },
    });
  });

  it('pin it if one of them is pinned', () => {
    const names = [named(TAG), named(BY_DIGEST), named(CONFIG, { isPinned: true })];
    expect(describeNames(ID, names)).toMatchObject({ pinnedBy: PIN });
  });
});

describe('containers', () => {
  const older = `docker.io/library/app@${OTHER}`;
  it.each<[string, string[], (readonly [string, string])[], string[]]>([
    [
      'a tag',
      [TAG],
      [
        [TAG, ID],
        [BY_DIGEST, ID],
        ['docker.io/library/b:1', OTHER],
      ],
      [ID],
    ],
    [
      'a digest',
      [BY_DIGEST],
      [
        [TAG, OTHER],
        [BY_DIGEST, ID],
      ],
      [ID],
    ],
    [
      'a config',
      [CONFIG],
      [
        [TAG, ID],
        [CONFIG, ID],
        [older, OTHER],
      ],
      [ID],
    ],
    [
      'a tag that moved',
      [TAG],
      [
        [TAG, ID],
        [BY_DIGEST, ID],
        [older, OTHER],
      ],
      [ID, OTHER],
    ],
    [
      'a tag beside another one',
      [TAG],
      [
        [TAG, ID],
        ['docker.io/library/app:2', OTHER],
        [older, OTHER],
      ],
      [ID],
    ],
    [
      'another repository',
      ['host:5000/app'],
      [
        [TAG, ID],
        [older, OTHER],
      ],
      [],
    ],
    ['a registry with a port', ['host:5000/app:1'], [[`host:5000/app@${ID}`, ID]], [ID]],
  ])('that name %s use its image', (_, images, rows, expected) => {
    const names = rows.map(([name, digest]) => named(name, { digest: parseDigest(digest) }));
    expect([...digestsInUse(images, names)]).toEqual(expected);
  });
});

describe('another name', () => {
  const tag = `images tag --force ${TAG} ${BY_DIGEST}`;
  it.each<[string, Partial<Named>, Partial<Named> | undefined, string[]]>([
    ['is given', {}, undefined, [tag]],
    ['that it has is not given again', {}, {}, []],
    ['of another image is taken', {}, { digest: OTHER }, [tag]],
    ['gets no pin', { isPinned: true }, undefined, [tag, `images label ${BY_DIGEST} ${PIN}=`]],
    [
      'keeps its pin',
      {},
      { digest: OTHER, isPinned: true },
      [tag, `images label ${BY_DIGEST} ${PIN}=pinned`],
    ],
  ])('%s', async (_, from, before, expected) => {
    const { ctr, commands } = await ctrOf();
    const source = named(TAG, from);
    const names = [source, ...(before ? [named(BY_DIGEST, before)] : [])];
    await giveName(ctr, { from: source, to: BY_DIGEST, names });
    expect(await commands()).toEqual(expected);
  });
});
