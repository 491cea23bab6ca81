import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNxWorkspace, type NxWorkspace } from './nx-workspace.js';

let workspace: NxWorkspace;
const definition = (project: string, variant: string, base?: string) =>
  `project: ${project}\nos: debian-12\nvariant: ${variant}\n${base === undefined ? '' : `base: ${base}\n`}copy: [{ from: files, to: /opt/${variant} }]\n`;
const folder = (project: string, variant: string) => `apps/${project}/images/debian-12-${variant}`;

async function addImage(project: string, variant: string, base?: string): Promise<void> {
  await workspace.write(
    `${folder(project, variant)}/image.yaml`,
    definition(project, variant, base),
  );
  await workspace.write(`${folder(project, variant)}/files/content`, `${project} ${variant}\n`);
}

beforeAll(async () => {
  workspace = await createNxWorkspace('23.2.1');
  await workspace.write('apps/lib/project.json', '{"name":"lib","root":"apps/lib"}');
  await addImage('app', 'base');
  await addImage('app', 'gcc', 'app-debian-12-base');
  await addImage('app', 'asan', 'app-debian-12-gcc');
  await addImage('app', 'alone');
  await addImage('lib', 'one', 'app-debian-12-base');
  await addImage('lib', 'two');
  await workspace.commit('six images');
});
afterAll(() => workspace.remove());

/** What a run did, by image: built, ran without building, or came from the cache. */
async function outcome(...args: string[]): Promise<Record<string, string[]>> {
  const output = await workspace.nx(...args);
  const seen: Record<string, string[]> = { built: [], ran: [] };
  for (const [, name = '', how = ''] of output.matchAll(
    /^> nx run (\S+):image-save(?:\s+\[(.*)\])?$/gm,
  )) {
    if (how !== '' || !name.includes('debian')) continue;
    const built = new RegExp(`saved ${name}:latest`).test(output);
    seen[built ? 'built' : 'ran']?.push(name.replace('-debian-12', ''));
  }
  return { built: seen['built']?.sort() ?? [], ran: seen['ran'] ?? [] };
}

it('builds all six the first time, four at once, and none the second', async () => {
  const all = ['app-alone', 'app-asan', 'app-base', 'app-gcc', 'lib-one', 'lib-two'];
  expect(await outcome('run-many', '-t', 'image-save', '--parallel=4')).toEqual({
    built: all,
    ran: [],
  });
  expect(await outcome('run-many', '-t', 'image-save', '--parallel=4')).toEqual({
    built: [],
    ran: [],
  });
});

it.each<[string, () => Promise<void>, Record<string, string[]>]>([
  [
    'one copied file',
    () => workspace.write(`${folder('lib', 'two')}/files/content`, 'changed\n'),
    { built: ['lib-two'], ran: [] },
  ],
  [
    'one definition',
    () =>
      workspace.write(
        `${folder('app', 'gcc')}/image.yaml`,
        `${definition('app', 'gcc', 'app-debian-12-base')}env: { A: b }\n`,
      ),
    { built: ['app-asan', 'app-gcc'], ran: [] },
  ],
  [
    'one base',
    () => workspace.write(`${folder('app', 'base')}/files/content`, 'another base\n'),
    { built: ['app-asan', 'app-base', 'app-gcc', 'lib-one'], ran: [] },
  ],
  [
    "a comment in a base's definition",
    () =>
      workspace.write(
        `${folder('app', 'base')}/image.yaml`,
        `# only a comment\n${definition('app', 'base')}`,
      ),
    { built: [], ran: ['app-base'] },
  ],
  [
    'a seventh image',
    () => addImage('lib', 'three', 'lib-debian-12-two'),
    { built: ['lib-three'], ran: [] },
  ],
])('after a change of %s builds exactly what it must', async (what, change, expected) => {
  await change();
  await workspace.commit(what);
  expect(await outcome('affected', '-t', 'image-save', '--base=HEAD~1')).toEqual(expected);
  expect(await outcome('run-many', '-t', 'image-save')).toEqual({ built: [], ran: [] });
});

it('refuses a copied file that git ignores, and takes it as the output of a task', async () => {
  const root = folder('lib', 'dist');
  await workspace.write(
    `${root}/image.yaml`,
    'project: lib\nos: debian-12\nvariant: dist\ncontext: ../..\ncopy: [{ from: dist, to: /opt/dist }]\n',
  );
  await workspace.write('apps/lib/dist/made', 'by hand\n');
  const refused = await workspace.tryNx('run', 'lib-debian-12-dist:image-save');
  expect(refused.code).not.toBe(0);
  expect(refused.stdout + refused.stderr).toMatch(/files that git ignores: apps\/lib\/dist\/made/);

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
  const run = () => outcome('run', 'lib-debian-12-dist:image-save');
  expect(await run()).toEqual({ built: ['lib-dist'], ran: [] });
  expect(await run()).toEqual({ built: [], ran: [] });
  await workspace.write('apps/lib/src/a', 'two\n');
  expect(await run()).toEqual({ built: ['lib-dist'], ran: [] });
});
