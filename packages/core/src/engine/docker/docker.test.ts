import { expect, it } from 'vitest';
import { targetAt } from '../../../testing/docker-target.js';
import { listening } from '../../../testing/listening.js';
import { digestOf } from '../../oci/digest.js';
import { DockerEngine } from './docker.js';

const ID = digestOf(Buffer.from('image'));

/** An engine that gives one answer to every request. */
async function engineThatSays(answer: string): Promise<DockerEngine> {
  const host = await listening((_, response) => response.end(answer));
  return new DockerEngine('docker', targetAt(`tcp://${host}`));
}

it.each<[string, string, (engine: DockerEngine) => Promise<unknown>]>([
  ['no JSON', '<html>', (engine) => engine.list()],
  ['an object in place of a list', '{}', (engine) => engine.list()],
  ['a list of other things', '[1]', (engine) => engine.list()],
  ['an image without a size', JSON.stringify([{ Id: ID }]), (engine) => engine.list()],
  ['an image without an ID', '{"Size":1}', (engine) => engine.inspect('a:1')],
  [
    'tags that are numbers',
    JSON.stringify({ Id: ID, Size: 1, RepoTags: [1] }),
    (engine) => engine.inspect('a:1'),
  ],
  ['a list in place of the version', '[]', (engine) => engine.platform()],
  ['a version that is a number', '{"Version":23}', (engine) => engine.takesZstd()],
  ['a container without an image', '[{}]', (engine) => engine.inUse()],
  ['images without an ID', '[{"Size":1}]', (engine) => engine.contents()],
])('an answer with %s is refused, and the message names the engine', async (_, answer, ask) => {
  await using engine = await engineThatSays(answer);
  await expect(ask(engine)).rejects.toMatchObject({
    code: 'INVALID',
    message: expect.stringMatching(/^docker-daemon:tcp:.*: expected /) as string,
  });
});

it('an image without tags has none', async () => {
  await using engine = await engineThatSays(JSON.stringify([{ Id: ID, Size: 5, RepoTags: null }]));
  expect(await engine.list()).toEqual([{ id: ID, references: [], digests: [], size: 5 }]);
});

it('an image that was pulled by digest has that as its name', async () => {
  const RepoDigests = [`app@${ID}`, `<none>@${ID}`];
  const image = { Id: ID, Size: 5, RepoTags: ['<none>:<none>'], RepoDigests };
  await using engine = await engineThatSays(JSON.stringify([image]));
  expect(await engine.list()).toMatchObject([
    { references: [], untagged: [`docker.io/library/app@${ID}`] },
  ]);
});

it.each([
  [
    {
      Os: 'windows',
      Arch: 'amd64',
      KernelVersion: '10.0 17763 (17763.1.amd64fre.rs5_release.180914-1434)',
    },
    { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763' },
  ],
  [
    { Os: 'windows', Arch: 'amd64' },
    { os: 'windows', architecture: 'amd64' },
  ],
  [
    { Os: 'linux', Arch: 'arm64', KernelVersion: '6.1 0 (x)' },
    { os: 'linux', architecture: 'arm64' },
  ],
])('an engine that answers %j selects images for %j', async (version, platform) => {
  await using engine = await engineThatSays(JSON.stringify(version));
  expect(await engine.platform()).toEqual(platform);
});
