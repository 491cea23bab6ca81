import { expect, it } from 'vitest';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { syncRegistries } from './sync-registries.js';

/** A registry with `team/a:1`, `team/b:1` and `c:1`, and an empty one. */
async function start() {
  const { workspace, call } = await workspaceOf();
  const [here, there] = [await servedRegistry(), await servedRegistry()];
  for (const name of ['team/a', 'team/b', 'c']) await here.pushImage(name, '1', name);
  const run = (from: string, to: string) => syncRegistries(workspace, from, to, call);
  const names = async (from: string, to: string) =>
    (await run(from, to)).map(({ reference, action }) => `${action} ${reference}`);
  return { here, there, run, names };
}

it('all repositories are copied, and the second time none', async () => {
  const { here, there, names } = await start();
  const expected = ['c:1', 'team/a:1', 'team/b:1'].map((name) => `${there.host}/${name}`);
  expect((await names(here.host, there.host)).sort()).toEqual(
    expected.map((name) => `copied ${name}`),
  );
  expect((await names(here.host, there.host)).sort()).toEqual(
    expected.map((name) => `same ${name}`),
  );
});

it('a prefix there takes the place of the prefix here', async () => {
  const { here, there, names } = await start();
  expect((await names(`${here.host}/team`, `${there.host}/mirror`)).sort()).toEqual(
    ['a:1', 'b:1'].map((name) => `copied ${there.host}/mirror/${name}`),
  );
});

it.each([
  ['one place is no two', '', '', 'same'],
  ['a repository needs a name there', '/c', '', 'USAGE'],
  ['nothing is below the prefix', '/absent', '', 'NOT_FOUND'],
])('%s', async (_, prefix, to, code) => {
  const { here, there, run } = await start();
  const target = code === 'same' ? here.host : `${there.host}${to}`;
  await expect(run(`${here.host}${prefix}`, target)).rejects.toMatchObject({
    code: code === 'same' ? 'USAGE' : code,
  });
  expect(there.requests.filter((each) => /^P/.test(each))).toEqual([]);
});
