import { dirname } from 'node:path';
import { DEFINITION_FILE, parseDefinition } from '../definition/definition.js';
import { DOCUMENT_LIMIT, readUpTo } from '../disk/own-file.js';
import { ImageError } from '../errors.js';
import type { VerbOptions } from './call.js';
import { filesMatching } from './files-matching.js';
import type { FoundDefinition } from './recipe.js';
import type { Workspace } from './workspace.js';

/** Where definitions are looked for, as the Nx plugin does. */
const PATTERN = `**/images/*/${DEFINITION_FILE}`;
const ELSEWHERE = ['**/node_modules/**', '**/.git/**', '**/.nx/**', '**/.stowage/**', '**/dist/**'];

/** Finds every definition of a workspace, sorted by path. A bad one is said, and left out. */
export async function findDefinitions(
  { root }: Pick<Workspace, 'root'>,
  { onEvent }: Pick<VerbOptions, 'onEvent'> = {},
): Promise<FoundDefinition[]> {
  const files = await filesMatching(root, [PATTERN], { ignore: ELSEWHERE });
  const found: FoundDefinition[] = [];
  for (const path of files) {
    try {
      const text = (await readUpTo(path, DOCUMENT_LIMIT))?.toString() ?? '';
      found.push({ definition: parseDefinition({ text, path }), folder: dirname(path) });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      onEvent?.({ type: 'notice', text: `left out: ${error.message}` });
    }
  }
  return found;
}
