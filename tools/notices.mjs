import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file of a package with the licences of the packages that are bundled in it, below its `dist`. */
const FILE = 'THIRD-PARTY-NOTICES.txt';

/**
 * Writes the licences of what is bundled, which belong to each copy: a plugin of rolldown. With `withoutText`, packages that
 * have no licence text are listed with the name of their licence; otherwise they are refused.
 */
export function notices({ withoutText = false } = {}) {
  return {
    name: 'notices',
    generateBundle(_, files) {
      const modules = Object.values(files).flatMap((file) => file.moduleIds ?? []);
      const folders = [...new Set(modules.flatMap(packageOf))].sort();
      const texts = folders.map((folder) => noticeOf(folder, withoutText));
      if (texts.length === 0) return;
      this.emitFile({ type: 'asset', fileName: FILE, source: texts.join('\n') });
    },
  };
}

/** The packages that are bundled in a built package. @returns {{ name: string, version: string, licence: string }[]} */
export function bundledIn(folder) {
  const file = join(folder, 'dist', FILE);
  if (!existsSync(file)) return [];
  const heads = readFileSync(file, 'utf8').matchAll(/^(\S+) (\d+\.\d+\.\d+\S*) \((.+)\)$/gm);
  return [...heads].map(([, name, version, licence]) => ({ name, version, licence }));
}

/** The folder of the package to which a module belongs; none for our own sources. */
function packageOf(id) {
  const [folder] = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? [];
  return folder === undefined ? [] : [folder];
}

function noticeOf(folder, withoutText) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined && !withoutText)
    throw new Error(`${name}: expected a licence text, got none`);
  const text =
    file === undefined
      ? `The package has no licence text; see https://www.npmjs.com/package/${name}`
      : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
