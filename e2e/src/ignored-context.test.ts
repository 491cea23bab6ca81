import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNxWorkspace, type NxWorkspace } from './nx-workspace.js';

let workspace: NxWorkspace;
beforeAll(async () => {
  workspace = await createNxWorkspace('23.2.1');
  await workspace.write('apps/lib/project.json', '{"name":"lib","root":"apps/lib"}');
});
afterAll(() => workspace.remove());

it('refuses a copied file that git ignores, unless it is the output of a task', async () => {
  const root = 'apps/lib/images/debian-12-dist';
  await workspace.write(
    `${root}/image.yaml`,
    'project: lib\nos: debian-12\nvariant: dist\ncontext: ../..\ncopy: [{ from: dist, to: /opt/dist }]\n',
  );
  await workspace.write('apps/lib/dist/made', 'by hand\n');
  const refused = await workspace.tryNx('run', 'lib-debian-12-dist:image-save');
  expect(refused.code).not.toBe(0);
  expect(refused.stdout + refused.stderr).toMatch(
    /git ignores these files, so Nx does not see when they change: apps\/lib\/dist\/made/,
  );

  const build = {
    executor: 'nx:run-commands',
    outputs: ['{projectRoot}/dist'],
    inputs: ['{projectRoot}/src/**/*'],
    cache: true,
    options: { command: 'mkdir -p apps/lib/dist && cp apps/lib/src/a apps/lib/dist/made' },
  };
  await workspace.write(
    'apps/lib/project.json',
    JSON.stringify({ name: 'lib', root: 'apps/lib', targets: { build } }),
  );
  await workspace.write('apps/lib/src/a', 'one\n');
  await workspace.write(
    `${root}/image.yaml`,
    'project: lib\nos: debian-12\nvariant: dist\ncontext: ../..\nafter: [build]\ncopy: [{ from: dist, to: /opt/dist }]\n',
  );
  const run = () => workspace.nx('run', 'lib-debian-12-dist:image-save');
  const saved = 'saved lib-debian-12-dist:latest';
  expect(await run()).toContain(saved);
  expect(await run()).toContain('[local cache]');
  await workspace.write('apps/lib/src/a', 'two\n');
  const again = await run();
  expect(again).toContain(saved);
  expect(again).not.toMatch(/image-save +\[/);
});
