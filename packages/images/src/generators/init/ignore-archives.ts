import type { Tree } from '@nx/devkit';
import { parseSettings, SETTINGS_FILE } from '@stowage/core/definition';

const DEFAULT_FOLDER = 'images';
const FILE = '.gitignore';

/** Adds archives, records and the catalog to `.gitignore`: they are large, and can be made again at any time. */
export function ignoreArchives(tree: Tree): void {
  const text = tree.read(FILE, 'utf8') ?? '';
  const missing = missingFrom(text, imagesFolder(tree));
  if (missing.length === 0) return;
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  tree.write(FILE, `${before}\n# Image archives (Stowage)\n${missing.join('\n')}\n`);
}

/** Whether the folder of archives was moved, and `.gitignore` names the former one only. */
export function isLeftBehind(tree: Tree): boolean {
  const text = tree.read(FILE, 'utf8') ?? '';
  const folder = imagesFolder(tree);
  return (
    missingFrom(text, folder).length > 0 &&
    folder !== DEFAULT_FOLDER &&
    missingFrom(text, DEFAULT_FOLDER).length === 0
  );
}

function missingFrom(text: string, folder: string): string[] {
  const lines = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const wanted = [
    `/${folder}/*/*.tar*`,
    `/${folder}/*/*.image.json*`,
    `/${folder}/image-registry.yml*`,
    '.stowage/',
  ];
  return wanted.filter((each) => !lines.has(each));
}

/** The folder of archives; settings that are invalid are reported by every command, so they do not stop this one. */
function imagesFolder(tree: Tree): string {
  try {
    return parseSettings({ text: tree.read(SETTINGS_FILE, 'utf8') ?? '', path: SETTINGS_FILE })
      .images;
  } catch {
    return DEFAULT_FOLDER;
  }
}
