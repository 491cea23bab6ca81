import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { put } from './fixture.js';
import { json, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const APP = join(import.meta.dirname, '../../packages/core/testing/golden/podman-oci.tar');

/** A proxy that counts connections and answers none: every request to a registry that is not on this machine goes there. */
async function countingProxy() {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { env: { HTTP_PROXY: url, HTTPS_PROXY: url }, count: () => connections };
}

it('a mistyped path asks no registry, and the hint has the other reading', async () => {
  const cwd = await temporaryFolder();
  await put(cwd, 'images.txt', 'registry.example.com/app:1\n');
  await put(cwd, 'medium/release.txt', '');
  const proxy = await countingProxy();
  const cases: readonly (readonly [string, RegExp])[] = [
    ['pull images.txt', /--images-from images\.txt.*docker\.io\/library\/images\.txt/],
    ['pull image.txt', /docker\.io\/library\/image\.txt/],
    ['pull folder/x', /docker\.io\/folder\/x/],
    ['pull medium/x:1', /docker\.io\/medium\/x:1/],
    ['load folder/x', /docker\.io\/folder\/x/],
    ['inspect folder/x', /docker\.io\/folder\/x.*docker-daemon:folder\/x/],
    ['inspect nginx', /docker\.io\/library\/nginx/],
    ['verify nginx:1', /docker\.io\/library\/nginx:1/],
    ['copy nginx:1 out.tar', /docker\.io\/library\/nginx:1/],
    ['push docker://127.0.0.1:5100 --to localhost:1', /127\.0\.0\.1:5100\/REPOSITORY:TAG/],
    ['push 127.0.0.1:5100 --to localhost:1', /127\.0\.0\.1:5100\/REPOSITORY:TAG/],
    ['sync . team/ci', /HOST\[:PORT\]\/REPOSITORY/],
  ];
  for (const [command, hint] of cases) {
    const { code, stderr } = await stowage(command.split(' '), { cwd, env: proxy.env });
    expect([code, command]).toEqual([2, command]);
    expect(stderr.replaceAll('\n', ' ')).toMatch(hint);
  }
  expect(proxy.count()).toBe(0);
});

it('pull and load ask the default registry of the settings, which they name', async () => {
  const cwd = await temporaryFolder();
  const { host } = await startServe(['--listen', '127.0.0.1:0', '--root', await temporaryFolder()]);
  await put(cwd, 'stowage.yaml', `default_registry: ${host}/hub\n`);
  const to = ['--to', `${host}/hub`, '--tag', 'library/nginx:1'];
  expect(await stowage(['push', APP, ...to], { cwd })).toMatchObject({ code: 0 });
  const pulled = await json<{ results: { input: string; reference: string }[] }>(
    ['pull', 'nginx:1'],
    { cwd },
  );
  expect(pulled.results).toMatchObject([
    {
      input: 'nginx:1',
      reference: expect.stringContaining(`${host}/hub/library/nginx@`) as string,
    },
  ]);
  const loaded = await stowage(['load', 'nginx:1', '--engine', 'embedded'], { cwd });
  expect(loaded).toMatchObject({ code: 0 });
  expect(loaded.stdout).toContain(`${host}/hub/library/nginx:1  loaded`);
  const absent = await stowage(['pull', 'nginx:2'], { cwd });
  expect(absent.stderr).toContain(`${host}/hub/library/nginx`);
});
