import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNxWorkspace, type NxWorkspace } from './nx-workspace.js';
import { nodeEnvironment } from './other-node.js';

/**
 * Thirty images on four levels: two roots, three images on each root, two on each of those, two on five of those.
 * The name of an image is the name of its base and a number: `r0`, `r0-1`, `r0-1-0`, `r0-1-0-1`.
 */
const ROOTS = ['r0', 'r1'];
const SECOND = ROOTS.flatMap((root) => [0, 1, 2].map((n) => `${root}-${n}`));
const THIRD = SECOND.flatMap((second) => [0, 1].map((n) => `${second}-${n}`));
const FOURTH = THIRD.slice(0, 5).flatMap((third) => [0, 1].map((n) => `${third}-${n}`));
const IMAGES = [...ROOTS, ...SECOND, ...THIRD, ...FOURTH];

const parentOf = (id: string) => (id.includes('-') ? id.slice(0, id.lastIndexOf('-')) : undefined);
const ownerOf = (id: string) => `app${id[1] ?? ''}`;
const nameOf = (id: string) => `${ownerOf(id)}-debian-12-${id}`;
const folderOf = (id: string) => `apps/${ownerOf(id)}/images/debian-12-${id}`;
const subtree = (...roots: string[]) =>
  IMAGES.filter((id) => roots.some((root) => id === root || id.startsWith(`${root}-`))).sort();

function definition(id: string, { base = parentOf(id), more = '' } = {}): string {
  const on = base === undefined ? '' : `base: ${nameOf(base)}\n`;
  return `project: ${ownerOf(id)}\nos: debian-12\nvariant: ${id}\n${on}copy: [{ from: files, to: /opt/${id} }]\n${more}`;
}

describe.each([
  ['23.2.1', '24'],
  ['24.0.0', '20.19'],
])('with Nx %s and Node.js %s', (version, node) => {
  let workspace: NxWorkspace;
  const write = (id: string, file: string, text: string) =>
    workspace.write(`${folderOf(id)}/${file}`, text);

  beforeAll(async () => {
    workspace = await createNxWorkspace(version, await nodeEnvironment(node));
    for (const owner of ['app0', 'app1'])
      await workspace.write(`apps/${owner}/project.json`, `{"name":"${owner}"}`);
    for (const id of IMAGES) {
      await write(id, 'image.yaml', definition(id));
      await write(id, 'files/content', `${id}\n`);
    }
    await workspace.commit('thirty images');
  });
  afterAll(() => workspace.remove());

  /** The images that a run built, and those whose task ran without building. Restored images are in neither. */
  async function outcome(...args: string[]): Promise<Record<'built' | 'ran', string[]>> {
    const output = await workspace.nx(...args, '--parallel=4');
    const seen = { built: new Set<string>(), ran: new Set<string>() };
    for (const [, name = '', how = ''] of output.matchAll(
      /^> nx run (\S+):image-save(?:\s+\[(.*)\])?$/gm,
    )) {
      const id = /-debian-12-(.+)$/.exec(name)?.[1];
      if (how !== '' || id === undefined) continue;
      // Nx names the only task of a batch twice: when it begins, and with its output.
      seen[output.includes(`saved ${name}:latest`) ? 'built' : 'ran'].add(id);
    }
    return { built: [...seen.built].sort(), ran: [...seen.ran].sort() };
  }

  it('builds all thirty images the first time, and none the second time', async () => {
    expect(IMAGES).toHaveLength(30);
    const all = () => outcome('run-many', '-t', 'image-save');
    expect(await all()).toEqual({ built: [...IMAGES].sort(), ran: [] });
    expect(await all()).toEqual({ built: [], ran: [] });
  });

  it.each<[string, () => Promise<void>, { built: string[]; ran?: string[] }]>([
    ['a file of a leaf', () => write('r0-0-0-1', 'files/content', 'x\n'), { built: ['r0-0-0-1'] }],
    [
      'a file of the third level',
      () => write('r0-0-1', 'files/content', 'x\n'),
      { built: subtree('r0-0-1') },
    ],
    [
      'a file of the second level',
      () => write('r1-2', 'files/content', 'x\n'),
      { built: subtree('r1-2') },
    ],
    ['a file of a root', () => write('r1', 'files/content', 'x\n'), { built: subtree('r1') }],
    [
      'an environment variable of a definition',
      () => write('r0-1', 'image.yaml', definition('r0-1', { more: 'env: { A: b }\n' })),
      { built: subtree('r0-1') },
    ],
    [
      // In a batch Nx does not look up what is behind a task that ran; each image finds that its base has equal bytes.
      'a comment in the definition of a root: equal bytes stop the wave',
      () => write('r0', 'image.yaml', `# only a comment\n${definition('r0')}`),
      { built: [], ran: subtree('r0') },
    ],
    [
      'two files of unrelated images',
      async () => {
        await write('r0-2-0', 'files/content', 'x\n');
        await write('r1-0-1', 'files/content', 'x\n');
      },
      { built: subtree('r0-2-0', 'r1-0-1') },
    ],
    [
      'a base: another parent for one branch',
      () => write('r1-1-0', 'image.yaml', definition('r1-1-0', { base: 'r1-2' })),
      { built: ['r1-1-0'] },
    ],
    [
      'a file that no image is made from',
      () => workspace.write('apps/app0/README.md', 'x\n'),
      { built: [] },
    ],
    [
      'a new image on an old one',
      async () => {
        await write('r1-2-1-0', 'image.yaml', definition('r1-2-1-0'));
        await write('r1-2-1-0', 'files/content', 'new\n');
      },
      { built: ['r1-2-1-0'] },
    ],
  ])(
    'after a change of %s builds exactly what it must',
    async (what, change, { built, ran = [] }) => {
      await change();
      await workspace.commit(what);
      const affected = await outcome('affected', '-t', 'image-save', '--base=HEAD~1');
      expect(affected).toEqual({ built, ran });
    },
  );

  it('shows bases in the graph, and reports a cycle of images without failing other images', async () => {
    await workspace.nx('graph', '--file=graph.json');
    const edge = { source: nameOf('r0-0-0'), target: nameOf('r0-0'), type: 'static' };
    expect(JSON.parse(await workspace.read('graph.json'))).toMatchObject({
      graph: { dependencies: { [nameOf('r0-0-0')]: [edge] } },
    });
    await write('r1-0', 'image.yaml', definition('r1-0', { base: 'r1-0-0' }));
    const save = (id: string) => workspace.tryNx('run', `${nameOf(id)}:image-save`);
    const failed = await save('r1-0');
    expect(failed.code).not.toBe(0);
    expect(failed.stdout + failed.stderr).toContain(
      `base: a cycle: ${[...['r1-0', 'r1-0-0', 'r1-0'].map(nameOf)].join(' -> ')}`,
    );
    expect((await save('r1-1')).code).toBe(0);
    await write('r1-0', 'image.yaml', definition('r1-0', { base: 'r1-99' }));
    const missing = await save('r1-0');
    expect(missing.code).not.toBe(0);
    expect(missing.stdout + missing.stderr).toContain(
      `base ${nameOf('r1-99')}: no image of this name in the workspace or the catalog`,
    );
  });

  it('updates a catalog that git keeps with nx sync', async () => {
    await workspace.remove('images/image-registry.yml');
    expect((await workspace.tryNx('sync:check')).code).toBe(0);
    const ignored = await workspace.read('.gitignore');
    await workspace.write('.gitignore', ignored.replace('/images/image-registry.yml*\n', ''));
    expect((await workspace.tryNx('sync:check')).code).not.toBe(0);
    await workspace.nx('sync');
    const catalog = await workspace.read('images/image-registry.yml');
    for (const id of IMAGES) expect(catalog).toContain(`name: ${nameOf(id)}\n`);
    expect((await workspace.tryNx('sync:check')).code).toBe(0);
  });
});
