import type { TaskGraph } from '@nx/devkit';

/** The IDs of the tasks that a task depends on. Nx 24 has objects with an ID where Nx 22 and 23 have the IDs. */
export function taskDependencies(graph: TaskGraph | undefined, id: string): string[] {
  const found: readonly unknown[] = graph?.dependencies[id] ?? [];
  return found.flatMap((each) => {
    if (typeof each === 'string') return [each];
    const { id: named } = each as { readonly id?: unknown };
    return typeof named === 'string' ? [named] : [];
  });
}
