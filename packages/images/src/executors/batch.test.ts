import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { ImageError } from '@stowage/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { log } from '../log.js';
import { batchOf, type BatchResult } from './batch.js';
import { onEvent, type EngineChoiceOptions, type Work } from './run.js';

/** Runs tasks of projects, `<project>` or `<project>><the one it needs>`. */
async function runBatch(
  work: Work<EngineChoiceOptions>,
  tasks: readonly string[],
  options: Readonly<Record<string, EngineChoiceOptions>> = {},
): Promise<BatchResult[]> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-batch-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'stowage.yaml'), '');
  const pairs = tasks.map((text) => text.split('>') as [string, string?]);
  const graph = {
    tasks: Object.fromEntries(
      pairs.map(([project]) => [project, { id: project, target: { project, target: 'save' } }]),
    ),
    // Every other dependency is as Nx 24 has it.
    dependencies: Object.fromEntries(
      pairs.map(([id, need], at) => [id, need ? [at % 2 ? need : { id: need }] : []]),
    ),
  } as unknown as TaskGraph;
  const all = Object.fromEntries(pairs.map(([id]) => [id, options[id] ?? {}]));
  const context: unknown = { root };
  const results: BatchResult[] = [];
  for await (const each of batchOf(work)(graph, all, {}, context as ExecutorContext))
    results.push(each);
  return results;
}

const statuses = (results: readonly BatchResult[]) =>
  Object.fromEntries(results.map(({ task, result }) => [task, result.status]));

describe('a batch', () => {
  it('runs each task after the one that it needs, a few at the same time, with one workspace', async () => {
    const order: string[] = [];
    const workspaces = new Set<unknown>();
    let [running, most] = [0, 0];
    const many = Array.from({ length: 20 }, (_, at) => `child${at}>base`);
    const results = await runBatch(
      async (workspace, _call, _options, { projectName = '', targetName }) => {
        most = Math.max(most, ++running);
        workspaces.add(workspace);
        await new Promise(setImmediate);
        expect(targetName).toBe('save');
        order.push(projectName);
        running -= 1;
      },
      ['grandchild>child3', ...many, 'base'],
    );
    expect(order[0]).toBe('base');
    expect(order.indexOf('grandchild')).toBeGreaterThan(order.indexOf('child3'));
    expect(results.map(({ task }) => task)).toEqual(order);
    expect(results).toHaveLength(22);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThan(20);
    expect(workspaces.size).toBe(1);
  });

  it('reports a failure of one task, skips those that need it, and goes on with the others', async () => {
    const work: Work<EngineChoiceOptions> = (_workspace, _call, _options, { projectName }) => {
      if (projectName === 'bad') throw new ImageError('INVALID', 'not good', { hint: 'Mend it.' });
      if (projectName === 'broken') throw new TypeError('mine');
      return Promise.resolve();
    };
    const tasks = ['bad', 'child>bad', 'grandchild>child', 'broken', 'good', 'other>good'];
    const results = await runBatch(work, tasks);
    expect(statuses(results)).toEqual({
      bad: 'failure',
      child: 'skipped',
      grandchild: 'skipped',
      broken: 'failure',
      good: 'success',
      other: 'success',
    });
    const output = (id: string) => results.find(({ task }) => task === id)?.result.terminalOutput;
    expect(output('bad')).toBe('INVALID: not good\n  Mend it.\n');
    expect(output('child')).toBe('not run: bad failed\n');
    expect(output('broken')).toContain('TypeError: mine');
  });

  it('leaves the task of an owner to its images', async () => {
    const done: unknown[] = [];
    const work: Work<EngineChoiceOptions> = async (_workspace, _call, options) =>
      void done.push(options);
    const results = await runBatch(work, ['app>a', 'a'], { app: { images: ['a'] } });
    expect(statuses(results)).toEqual({ a: 'success', app: 'success' });
    expect(done).toEqual([{}]);
  });

  it('keeps the output of each task apart', async () => {
    const results = await runBatch(
      async (_workspace, _call, _options, { projectName }) => {
        log.info(`first of ${projectName}`);
        await new Promise(setImmediate);
        onEvent({ type: 'engine', text: `step of ${projectName}` });
      },
      ['a', 'b'],
    );
    const outputs = results.map(({ result }) => result.terminalOutput);
    expect(outputs.sort()).toEqual(
      ['a', 'b'].map((each) => `first of ${each}\n  step of ${each}\n`),
    );
  });

  it.each([
    ['of its only task at once', {}, ['a'], '  step of a\n'],
    // Nx prints the output of each task when it is done, in this style, too.
    ['of several tasks not twice, if Nx streams', { NX_STREAM_OUTPUT: 'true' }, ['a', 'b'], ''],
  ])('prints the output of an engine %s', async (_when, env, tasks, expected) => {
    const printed: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write');
    spy.mockImplementation((text) => printed.push(String(text)) > 0);
    onTestFinished(() => {
      spy.mockRestore();
      vi.unstubAllEnvs();
    });
    for (const [key, value] of Object.entries(env)) vi.stubEnv(key, value);
    await runBatch(async (_workspace, _call, _options, { projectName = '' }) => {
      onEvent({ type: 'engine', text: `step of ${projectName}` });
      await Promise.resolve();
    }, tasks);
    expect(printed.join('')).toBe(expected);
  });
});
