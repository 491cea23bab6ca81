import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './run.js';

export const NAME = 'app-ubuntu-25.04-gcc15';
export const ARCHIVE = `images/app/${NAME}.tar`;
export const DEFINITION = 'apps/app/images/ubuntu-25.04-gcc15';

/** Creates a workspace without Nx, with one definition of a file; with busybox the image can run. */
export async function createWorkspace(
  files: Readonly<Record<string, string>> = {},
  { busybox = false } = {},
): Promise<string> {
  const root = await temporaryFolder();
  const definition = [
    'project: app',
    'os: ubuntu-25.04',
    'variant: gcc15',
    'copy: [{ from: files, to: /opt/app }]',
    ...(busybox ? ['entrypoint: [/opt/app/busybox, cat, /opt/app/hello]'] : []),
  ];
  const all = {
    'stowage.yaml': '',
    [`${DEFINITION}/image.yaml`]: `${definition.join('\n')}\n`,
    [`${DEFINITION}/files/hello`]: 'hello\n',
    ...files,
  };
  for (const [path, content] of Object.entries(all)) await put(root, path, content);
  if (busybox) await copyFile('/bin/busybox', join(root, DEFINITION, 'files/busybox'));
  return root;
}

export async function put(root: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}
