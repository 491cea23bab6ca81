import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { logger, type ExecutorContext } from '@nx/devkit';
import { onTestFinished, vi } from 'vitest';

/** Name of the image of each of these workspaces. */
export const NAME = 'app-debian-12-base';
export const BASE = 'apps/app/images/base';
/** Path of its archive. */
export const ARCHIVE = `images/app/${NAME}.tar`;

/** Options of a target of its definition. */
export const OPTIONS = { definition: `${BASE}/image.yaml`, engine: 'embedded' } as const;

/** The logged messages, a line for each, with its level. */
export function logged(): string[] {
  const lines: string[] = [];
  for (const level of ['info', 'warn', 'error'] as const) {
    const spy = vi.spyOn(logger, level);
    spy.mockImplementation((text: unknown) => void lines.push(`${level}: ${String(text)}`));
    onTestFinished(() => spy.mockRestore());
  }
  return lines;
}

/** Creates a folder with these files; it is removed when the test ends. */
export async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-task-'));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** A task of the only image of a workspace, which copies one file. */
export async function taskOf(files: Readonly<Record<string, string>> = {}) {
  const root = await folderOf({
    'stowage.yaml': '',
    [OPTIONS.definition]: `project: app\nos: debian-12\nvariant: base\ncopy: [{ from: files, to: /opt }]\n`,
    [`${BASE}/files/a`]: 'a\n',
    ...files,
  });
  const data = { root: BASE, tags: ['image'] };
  const node = { name: NAME, type: 'app' as const, data };
  const context: ExecutorContext = {
    ...{ root, cwd: root, isVerbose: false, projectName: NAME, targetName: 'image-save' },
    projectsConfigurations: { version: 2, projects: {} },
    nxJsonConfiguration: {},
    projectGraph: { nodes: { [NAME]: node }, dependencies: {} },
  };
  return { root, context, lines: logged() };
}
