import { visitNotIgnoredFiles, type Tree } from '@nx/devkit';
import { ImageError, parseDefinition, type Definition } from '@stowage/core/definition';

/** The valid definitions of a workspace by the path of their file. */
export function definitionsIn(tree: Tree): Map<string, Definition> {
  const found = new Map<string, Definition>();
  visitNotIgnoredFiles(tree, '.', (path) => {
    const file = path.replaceAll('\\', '/');
    if (!/(?:^|\/)images\/[^/]+\/image\.yaml$/.test(file)) return;
    try {
      found.set(file, parseDefinition({ text: tree.read(file, 'utf8') ?? '', path: file }));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
    }
  });
  return found;
}
