import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { BASE, HEAD, workspaceOf } from '../../../testing/workspace.js';
import { surroundingsOf } from '../../surroundings.js';
import { readDefinition } from '../workspace/definitions.js';
import { openRecipe } from './recipe.js';
import { buildAnswers } from './secrets.js';

async function prepare(yaml: string, env: Record<string, string> = {}) {
  const { cwd, call, workspace } = await workspaceOf({
    [`${BASE}/image.yaml`]: `${HEAD}dockerfile: Dockerfile\n${yaml}`,
    [`${BASE}/Dockerfile`]: 'FROM scratch\n',
    [`${BASE}/own`]: 'in a file\n',
    'apps/app/above': 'above\n',
  });
  const found = await readDefinition(workspace, BASE, call);
  const own = { ...workspace, surroundings: surroundingsOf({ env, home: cwd }) };
  return { cwd, call, found, workspace: own, answers: () => buildAnswers(own, found) };
}

describe('the secrets of a build', () => {
  it('are variables and files of the workspace', async () => {
    const yaml = `secrets:
  - { id: token, env: TOKEN }
  - { id: own, file: own }
  - { id: above, file: ../../above }
`;
    const { secrets } = await (await prepare(yaml, { TOKEN: 's3cret' })).answers();
    const texts = [...(secrets ?? [])].map(([id, value]) => [id, Buffer.from(value).toString()]);
    expect(texts).toEqual([
      ['token', 's3cret'],
      ['own', 'in a file\n'],
      ['above', 'above\n'],
    ]);
  });

  it.each([
    ['secrets: [{ id: a, env: NONE }]\n', /secrets: "a": the environment variable NONE is not set/],
    ['secrets: [{ id: a, env: EMPTY }]\n', /secrets: "a": the environment variable EMPTY is not/],
    ['secrets: [{ id: a, file: none }]\n', /secrets: "a": no such file .*none/],
    ['ssh: [default]\n', /ssh: SSH_AUTH_SOCK is not set/],
  ])('that are missing (%j) stop it', async (yaml, message) => {
    const { answers } = await prepare(yaml, { EMPTY: '' });
    await expect(answers()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(message) as string,
    });
  });

  it('are not outside of the workspace, also not through a link', async () => {
    const elsewhere = join(await temporaryFolder(), 'secret');
    await writeFile(elsewhere, 'x');
    const plain = await prepare(`secrets: [{ id: a, file: ${elsewhere} }]\n`);
    await expect(plain.answers()).rejects.toMatchObject({ code: 'USAGE' });
    const { cwd, answers } = await prepare('secrets: [{ id: a, file: link }]\n');
    await symlink(elsewhere, join(cwd, BASE, 'link'));
    await expect(answers()).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('are neither in the context nor in the key of the image', async () => {
    const { cwd, call, found, workspace } = await prepare(
      'secrets: [{ id: a, file: own }, { id: b, env: TOKEN }]\n',
      { TOKEN: 'one' },
    );
    const before = await openRecipe(workspace, found, call);
    expect(before.files.map(({ path }) => path)).toEqual(['Dockerfile', 'files', 'files/a']);
    await writeFile(join(cwd, BASE, 'own'), 'changed\n');
    const surroundings = surroundingsOf({ env: { TOKEN: 'two' } });
    const after = await openRecipe({ ...workspace, surroundings }, found, call);
    expect(after.inputs).toBe(before.inputs);
  });
});

it('the SSH agent of a build is that of the user, under each ID', async () => {
  const { answers } = await prepare('ssh: [default, site]\n', { SSH_AUTH_SOCK: '/run/agent' });
  expect([...((await answers()).sshAgents ?? [])]).toEqual([
    ['default', '/run/agent'],
    ['site', '/run/agent'],
  ]);
});

it('a build gets the logins of the user', async () => {
  const { cwd, answers } = await prepare('', {});
  await mkdir(join(cwd, '.docker'));
  const auth = Buffer.from('ada:pw').toString('base64');
  const auths = {
    'registry.test': { auth },
    'https://index.docker.io/v1/': { identitytoken: 'id' },
    'other.test': { registrytoken: 'x' },
  };
  await writeFile(join(cwd, '.docker/config.json'), JSON.stringify({ auths }));
  const { login } = await answers();
  expect(await login?.('registry.test')).toEqual({ user: 'ada', password: 'pw' });
  expect(await login?.('docker.io')).toEqual({ user: '', password: 'id' });
  expect(await login?.('other.test')).toBeUndefined();
  expect(await login?.('nowhere.test')).toBeUndefined();
});
