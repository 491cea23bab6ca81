import { expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { RegistryClients } from './registry-clients.js';
import { selectTags } from './select-tags.js';

/** A repository with three tags, and one to copy to, which has one of them. */
async function start() {
  const { workspace, call } = await workspaceOf();
  const { host, pushImage } = await servedRegistry();
  const digests: Record<string, string> = {};
  for (const tag of ['v1.0', 'v1.1', 'v2.0'])
    digests[tag] = sha256(JSON.stringify(await pushImage('here', tag, tag)));
  await pushImage('there', 'v1.0', 'v1.0');
  await pushImage('there', 'v1.1', 'another');
  const select = async (...patterns: readonly string[]) => {
    await using clients = new RegistryClients(workspace, call);
    const [here, there] = [
      await clients.repository({ registry: host, repository: 'here' }),
      await clients.repository({ registry: host, repository: 'there' }),
    ];
    return await selectTags(here, there, { patterns });
  };
  return { host, pushImage, digests, select };
}

it('tags are selected by patterns, sorted, with what they name here and there', async () => {
  const { select, digests } = await start();
  const [same, changed, ...others] = await select('v1.*');
  expect(others).toEqual([]);
  expect(same).toEqual({ tag: 'v1.0', digest: digests['v1.0'], there: digests['v1.0'] });
  expect(changed).toMatchObject({ tag: 'v1.1', digest: digests['v1.1'] });
  expect(changed?.there).not.toBe(digests['v1.1']);
  expect((await select('*')).map(({ tag, there }) => [tag, there === undefined])).toEqual([
    ['v1.0', false],
    ['v1.1', false],
    ['v2.0', true],
  ]);
  expect(await select('none')).toEqual([]);
});

it("cosign's tags come with the selected images, and lists of referrers never", async () => {
  const { select, digests, pushImage } = await start();
  const signature = (tag: string) => `${digests[tag]?.replace(':', '-')}.sig`;
  await pushImage('here', signature('v1.0'), 'signature');
  await pushImage('here', signature('v2.0'), 'other signature');
  const list = digests['v1.0']?.replace(':', '-') ?? '';
  await pushImage('here', list, 'list');
  expect((await select('v1.0')).map(({ tag }) => tag)).toEqual([signature('v1.0'), 'v1.0']);
  expect((await select('*')).map(({ tag }) => tag)).not.toContain(list);
});
