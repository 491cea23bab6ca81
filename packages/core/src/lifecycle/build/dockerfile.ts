import { dirname } from 'node:path';
import { contextRoots, listContext } from '../../build/context/context.js';
import { copiedFiles } from '../../build/context/copied-files.js';
import { isDaemonless } from '../../definition/definition.js';
import type { CopyYaml } from '../../definition/image-schema.js';
import { inside } from '../../disk/paths/inside.js';
import { readOwn } from '../../disk/paths/own-file.js';
import { requireFolderBelow } from '../../disk/paths/own-folder.js';
import { ImageError } from '../../errors.js';
import { contextFolder } from './context-folder.js';
import type { FoundDefinition } from '../workspace/definitions.js';

/**
 * Returns the text of a definition's Dockerfile: its own, or one generated from its steps.
 *
 * @param root absolute path of the workspace.
 * @throws ImageError USAGE (it needs none; a context outside the workspace), NOT_FOUND, INVALID (a Dockerfile outside the
 *   context)
 */
export async function dockerfileOf(root: string, found: FoundDefinition): Promise<string> {
  const { name, dockerfile } = found.definition;
  if (dockerfile !== undefined) {
    const context = await contextFolder(root, found);
    const path = inside(context, dockerfile);
    await requireFolderBelow(context, dirname(path));
    const bytes = await readOwn(path);
    if (bytes) return bytes.toString();
    throw new ImageError('NOT_FOUND', `${path}: no such Dockerfile`, {
      location: path,
    });
  }
  if (!isDaemonless(found.definition)) return await generateFor(root, found);
  throw new ImageError('USAGE', `${name}: it has neither steps nor a dockerfile`, {
    hint: 'This image is built from its base and files without an engine, so it has no Dockerfile.',
  });
}

async function generateFor(root: string, found: FoundDefinition): Promise<string> {
  const { definition } = found;
  const { generateDockerfile } = await import('../../build/engine/generate-dockerfile.js');
  const context = await contextFolder(root, found);
  const files = await listContext(context, contextRoots(definition));
  const folders = new Map(definition.copy.map((item) => [item.from, isFolder(item)]));
  return generateDockerfile(definition, (from) => folders.get(from) === true).text;

  /** A file that is still to be built counts as a folder. */
  function isFolder(item: CopyYaml): boolean {
    try {
      return copiedFiles(item, files, context).isFolder;
    } catch (error) {
      if (error instanceof ImageError && error.code === 'NOT_FOUND') return true;
      throw error;
    }
  }
}
