import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listening } from '../../../testing/listening.js';
import { servedRegistry } from '../../../testing/served-registry.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { storedCredentials } from '../../distribution/auth/credentials.js';
import { surroundingsOf } from '../../surroundings.js';
import { findDigest } from '../remote/find-digest.js';
import { login, logout } from './login.js';

const BASIC = `Basic ${Buffer.from('ada:secret').toString('base64')}`;

async function open() {
  const { workspace, call, events } = await workspaceOf();
  const home = await temporaryFolder();
  const surroundings = surroundingsOf({ env: {}, home });
  const credentials = storedCredentials(surroundings);
  const registry = { username: 'ada', password: 'secret' };
  const file = join(home, '.docker/config.json');
  return {
    ...{ workspace: { ...workspace, surroundings }, events, file },
    ...{ call, asAda: { ...call, registry }, credentials },
  };
}

it('checks a login, stores it for later commands, and deletes it', async () => {
  const { workspace, call, asAda, file } = await open();
  const { host } = await servedRegistry(({ headers }, response) => {
    if (headers.authorization === BASIC) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    return true;
  });
  expect(await login(workspace, host, asAda)).toEqual({
    ...{ registry: host, username: 'ada', checked: true },
    ...{ file, helper: null },
  });
  const absent = () => findDigest(workspace, `${host}/app:1`, call);
  await expect(absent()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const places = [{ file, helper: null }];
  expect(await logout(workspace, `http://${host}`, call)).toEqual({ registry: host, places });
  await expect(absent()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(await logout(workspace, host, call)).toEqual({ registry: host, places: [] });
});

it.each(['Basic realm="x"', 'Bearer realm="TOKENS"'])(
  'stores no login that %s refuses',
  async (asked) => {
    const { workspace, asAda, credentials } = await open();
    const tokens = await listening((_, response) => response.writeHead(401).end());
    const challenge = asked.replace('TOKENS', `http://${tokens}/`);
    const host = await listening((_, response) =>
      response.writeHead(401, { 'www-authenticate': challenge }).end(),
    );
    await expect(login(workspace, host, asAda)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining(`${host}: login refused: `) as string,
    });
    expect(await credentials(host, 'a')).toBeUndefined();
  },
);

it('says when a registry asked for no login, and needs a name, a password and a host', async () => {
  const { workspace, call, asAda, events } = await open();
  const { host } = await servedRegistry();
  expect(await login(workspace, host, asAda)).toMatchObject({ checked: false });
  expect(events).toContainEqual({
    type: 'notice',
    text: `${host} asked for no login, so the password was not checked`,
  });
  const usage = { code: 'USAGE' };
  await expect(login(workspace, host, call)).rejects.toMatchObject(usage);
  const unnamed = { ...call, registry: { username: 'ada' } };
  await expect(login(workspace, host, unnamed)).rejects.toMatchObject(usage);
  await expect(login(workspace, `${host}/team`, asAda)).rejects.toMatchObject(usage);
});
