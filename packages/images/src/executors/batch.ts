import type { ExecutorContext, Task, TaskGraph } from '@nx/devkit';
import { keepConnections, openWorkspace } from '@stowage/core';
import { log, logTo } from '../log.js';
import { taskDependencies } from './task-dependencies.js';
import { run, type EngineChoiceOptions, type Work } from './run.js';

/** The result of a task of a batch, as Nx takes it. */
export interface BatchResult {
  readonly task: string;
  readonly result: {
    readonly success: boolean;
    readonly terminalOutput: string;
    /** ms since 1970 */
    readonly startTime?: number;
    readonly endTime?: number;
    /** Nx 22 knows only `success`. */
    readonly status: 'success' | 'failure' | 'skipped';
  };
}

/** The batch implementation of an executor: all tasks in one process. Nx takes results as they come. */
export type Batch<Options> = (
  taskGraph: TaskGraph,
  options: Readonly<Record<string, Options>>,
  overrides: unknown,
  context: ExecutorContext,
) => AsyncGenerator<BatchResult, void>;

/**
 * Makes the batch implementation of an executor from its work: the tasks share a workspace, an engine and the clients of
 * registries; a few run side by side, each after those that it depends on. A failure fails its task; tasks that depend on it are
 * skipped.
 */
export function batchOf<Options extends EngineChoiceOptions>(work: Work<Options>): Batch<Options> {
  return async function* (taskGraph, options, _overrides, context) {
    const { length: tasks } = Object.keys(taskGraph.tasks);
    const workspace = openWorkspace(context.root);
    // A failure to open it is reported by each task.
    await using _ = await workspace.then(keepConnections, () => undefined);
    const runTask = async (task: Task): Promise<BatchResult['result']> => {
      const startTime = Date.now();
      const output = outputOf(tasks);
      const { success } = await logTo(output.add, () =>
        run(options[task.id] as Options, contextOf(task, context), work, workspace).catch(
          unexpected,
        ),
      );
      const status = success ? 'success' : 'failure';
      return { success, status, terminalOutput: output.text(), startTime, endTime: Date.now() };
    };
    yield* inOrder(taskGraph, runTask);
  };
}

/** Tasks that run at the same time: a small image mostly waits for the disk and for the catalog, which takes several at once. */
const CONCURRENCY = 8;

/** Runs tasks, each after those of the graph that it depends on, and yields results as they come. */
async function* inOrder(
  graph: TaskGraph,
  runTask: (task: Task) => Promise<BatchResult['result']>,
): AsyncGenerator<BatchResult, void> {
  const { tasks } = graph;
  const waiting = new Set(Object.values(tasks));
  const results = new Map<string, BatchResult['result']>();
  const running = new Map<string, Promise<BatchResult>>();
  const needs = (task: Task) => taskDependencies(graph, task.id).filter((id) => id in tasks);
  while (waiting.size > 0 || running.size > 0) {
    for (const task of waiting) {
      if (running.size >= CONCURRENCY) break;
      const failed = needs(task).find((id) => results.get(id)?.success === false);
      if (failed === undefined && needs(task).some((id) => !results.has(id))) continue;
      waiting.delete(task);
      const result = failed === undefined ? runTask(task) : Promise.resolve(skipped(failed));
      running.set(
        task.id,
        result.then((each) => ({ task: task.id, result: each })),
      );
    }
    if (running.size === 0)
      throw new Error(`a cycle of tasks: ${[...waiting].map(({ id }) => id).join(', ')}`);
    const done = await Promise.race(running.values());
    running.delete(done.task);
    results.set(done.task, done.result);
    yield done;
  }
}

function skipped(failed: string): BatchResult['result'] {
  const terminalOutput = `not run: ${failed} failed\n`;
  return { success: false, status: 'skipped', terminalOutput };
}

function contextOf({ target }: Task, context: ExecutorContext): ExecutorContext {
  const { project: projectName, target: targetName, configuration: configurationName } = target;
  return {
    ...context,
    projectName,
    targetName,
    ...(configurationName === undefined ? {} : { configurationName }),
  };
}

/** Mistakes of a program: the task fails, and the others go on. */
function unexpected(error: unknown): { success: false } {
  log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return { success: false };
}

/**
 * Collects the output of a task, which Nx prints when the task is done, whatever the style of its output. The output of an
 * engine is printed at once if it is that of the only task.
 */
function outputOf(tasks: number): {
  readonly add: (line: string, kind: 'message' | 'engine') => void;
  readonly text: () => string;
} {
  const lines: string[] = [];
  return {
    add: (line, kind) => {
      if (tasks === 1 && kind === 'engine') process.stdout.write(`${line}\n`);
      else lines.push(`${line}\n`);
    },
    text: () => lines.join(''),
  };
}
