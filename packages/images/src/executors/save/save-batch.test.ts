import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { expect, it, onTestFinished } from 'vitest';
import { saveBatch } from './executor.js';

const VARIANTS = ['base', 'a', 'b', 'c'];
const nameOf = (variant: string) => `app-debian-13-${variant}`;

/** A workspace with a base and three images on it, in a batch of one save each. */
async function workspaceOf() {
  const root = await mkdtemp(join(tmpdir(), 'stowage-save-batch-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const write = async (variant: string, more = '') => {
    const folder = join(root, 'images', `debian-13-${variant}`);
    await mkdir(folder, { recursive: true });
    const base = variant === 'base' ? 'scratch' : nameOf('base');
    await writeFile(join(folder, 'data'), variant);
    await writeFile(
      join(folder, 'image.yaml'),
      `project: app\nos: debian-13\nvariant: ${variant}\nbase: ${base}\ncopy: [{ from: data, to: /${variant} }]\n${more}`,
    );
  };
  await writeFile(join(root, 'stowage.yaml'), 'engine: embedded\nimages: archives\n');
  for (const variant of VARIANTS) await write(variant);
  const save = async () => {
    const tasks = Object.fromEntries(
      VARIANTS.map((each) => [
        each,
        { id: each, target: { project: nameOf(each), target: 'save' } },
      ]),
    );
    const dependencies = { base: [], a: ['base'], b: ['base'], c: ['base'] };
    const graph = { tasks, dependencies } as unknown as TaskGraph;
    const definition = (each: string) => join('images', `debian-13-${each}`, 'image.yaml');
    const options = Object.fromEntries(
      VARIANTS.map((each) => [each, { definition: definition(each) }]),
    );
    const context: unknown = { root, projectGraph: { nodes: {}, dependencies: {} } };
    const outputs: Record<string, string> = {};
    for await (const { task, result } of saveBatch(graph, options, {}, context as ExecutorContext))
      outputs[task] = result.terminalOutput;
    return outputs;
  };
  return { root, write, save };
}

it('saves all images of a batch, and builds none on a base whose bytes are the same after its rebuild', async () => {
  const { root, write, save } = await workspaceOf();
  const first = await save();
  for (const each of VARIANTS) expect(first[each]).toContain(`saved ${nameOf(each)}:latest to`);
  const catalog = await readFile(join(root, 'archives/image-registry.yml'), 'utf8');
  for (const each of VARIANTS) expect(catalog).toContain(`name: ${nameOf(each)}`);
  await write('base', 'revision: 2\n');
  const second = await save();
  expect(second['base']).toContain('saved');
  for (const each of ['a', 'b', 'c']) expect(second[each]).toContain('nothing to do');
});
