import { expect, it } from 'vitest';
import { servedRegistry } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { listRegistry, listRepositories, listTags } from './list-registry.js';

it('lists all repositories of a registry, or those below a prefix', async () => {
  const { workspace, call } = await workspaceOf();
  const { host, pushImage } = await servedRegistry();
  for (const name of ['team/app', 'team/app/debug', 'team2', 'other'])
    await pushImage(name, '1', name);
  const registry = host;
  const all = ['other', 'team/app', 'team/app/debug', 'team2'];
  expect(await listRepositories(workspace, host, call)).toEqual({ registry, repositories: all });
  for (const [prefix, repositories] of [
    ['team', ['team/app', 'team/app/debug']],
    ['team/app', ['team/app', 'team/app/debug']],
    ['nope', []],
  ])
    expect(await listRepositories(workspace, `http://${host}/${prefix as string}`, call)).toEqual({
      registry,
      repositories,
    });
});

it('reads every page, and leaves out names that no request can use', async () => {
  const { workspace, call } = await workspaceOf();
  const pages = [['a', '../b'], ['c', 5], ['d']];
  const { host } = await servedRegistry(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    if (pathname !== '/v2/_catalog' && pathname !== '/v2/a/tags/list') return false;
    const page = Number(searchParams.get('last') ?? 0);
    const key = pathname === '/v2/_catalog' ? 'repositories' : 'tags';
    const more = page + 1 < pages.length;
    response.writeHead(200, {
      ...(more ? { link: `<${pathname}?last=${page + 1}>; rel="next"` } : {}),
    });
    response.end(JSON.stringify({ [key]: pages[page] }));
    return true;
  });
  const names = ['a', 'c', 'd'];
  expect((await listRepositories(workspace, host, call)).repositories).toEqual(names);
  expect((await listTags(workspace, `${host}/a`, call)).tags).toEqual(names);
});

it('lists tags; a repository that does not exist is an error', async () => {
  const { workspace, call } = await workspaceOf();
  const { host, pushImage } = await servedRegistry();
  for (const tag of ['2', '1', 'latest']) await pushImage('team/app', tag, tag);
  const repository = `${host}/team/app`;
  expect(await listTags(workspace, `docker://${repository}`, call)).toEqual({
    repository,
    tags: ['1', '2', 'latest'],
  });
  expect(await listRegistry(workspace, `docker://${host}/`, call)).toEqual({
    registry: host,
    repositories: ['team/app'],
  });
  expect(await listRegistry(workspace, repository, call)).toMatchObject({ repository });
  await expect(listRegistry(workspace, 'images/', call)).rejects.toMatchObject({ code: 'USAGE' });
  await expect(listTags(workspace, `${host}/nope`, call)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: `${host}/nope: no such repository`,
  });
  await expect(listTags(workspace, `${repository}:1`, call)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('without a tag') as string,
  });
});

it.each([404, 405])('a registry without a catalog (%i) says so', async (status) => {
  const { workspace, call } = await workspaceOf();
  const { host } = await servedRegistry(({ url }, response) => {
    if (!url?.startsWith('/v2/_catalog')) return false;
    response.writeHead(status).end();
    return true;
  });
  await expect(listRepositories(workspace, host, call)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    hint: expect.stringContaining(`${host}/REPOSITORY`) as string,
  });
});
