import { expect, it } from 'vitest';
import { workspaceOf } from '../../../../testing/workspace.js';
import { parseDestination } from '../../../location.js';
import { pull } from '../../copy/pull.js';
import { serve } from '../../serve/serve.js';
import { requireOneLogin } from './one-login.js';

const registry = { username: 'ada', password: 'secret' };
const REFUSED = {
  code: 'USAGE',
  message: expect.stringMatching(/one login cannot be for several registries: .* and /) as string,
};
const [A, B] = ['a.invalid/team/app:1', 'b.invalid/team/app:1'];

it.each([
  [['a.invalid'], true],
  [['a.invalid', 'a.invalid', undefined], true],
  [['a.invalid', 'a.invalid:5000'], false],
  [[`docker://${A}`, './app.tar', 'a.invalid'], true],
  [[`docker://${A}`, `docker://${B}`], false],
])('a login for %j is accepted: %s', async (given, isAccepted) => {
  const where = { cwd: '/', surroundings: { env: {}, home: '/' } };
  const locations = await Promise.all(
    given.map(async (each) => (each?.includes('/') ? parseDestination(each, where) : each)),
  );
  const check = () => requireOneLogin(registry, locations);
  if (isAccepted) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining(REFUSED));
  expect(() => requireOneLogin({}, locations)).not.toThrow();
});

it('serve with a user name and two upstreams is refused, with one it is not', async () => {
  const { workspace, call, cwd } = await workspaceOf();
  const upstreams = ['docker.io=https://a.invalid', 'ghcr.io=https://b.invalid'];
  const options = { ...call, registry, root: `${cwd}/registry` };
  await expect(serve(workspace, [], { ...options, upstream: upstreams })).rejects.toMatchObject(
    REFUSED,
  );
  await using serving = await serve(workspace, [], { ...options, upstream: upstreams[0] });
  expect(serving.url).toMatch(/^http:/);
});

it('pull with a user name from two registries, or from one to another, is refused', async () => {
  const { workspace, call } = await workspaceOf();
  const stdout = () => Promise.reject(new Error('to a registry'));
  const options = { ...call, stdout, registry };
  await expect(pull(workspace, [A, B], options)).rejects.toMatchObject(REFUSED);
  const output = `docker://${B}`;
  await expect(pull(workspace, [A], { ...options, output })).rejects.toMatchObject(REFUSED);
});
