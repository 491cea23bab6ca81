import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The names that a report's entry point exports, as values and as types. */
export function exportsOf(report: string): {
  readonly values: readonly string[];
  readonly types: readonly string[];
} {
  const found = [...report.matchAll(/^export (class|const|function|interface|type) (\w+)/gm)];
  const named = (isType: boolean) =>
    found
      .filter(([, kind = '']) => ['interface', 'type'].includes(kind) === isType)
      .map(([, , name = '']) => name);
  return { values: named(false), types: named(true) };
}

/** The names that sources below some folders import from a module, at their start or on demand. */
export function importedFrom(module: string, folders: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const folder of folders)
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.[cm]?ts$/.test(path) || /(?:^|[\\/])(?:node_modules|dist|out-tsc)[\\/]/.test(path))
        continue;
      const text = readFileSync(join(folder, path), 'utf8');
      for (const [, list, from, onDemand = '', fromOnDemand = from] of text.matchAll(
        /import (?:type )?\{([^}]*)\} from '([^']+)'|const \{([^}]*)\} = await import\('([^']+)'\)/g,
      ))
        if (fromOnDemand === module)
          for (const each of (list ?? onDemand).split(','))
            names.add(
              each
                .trim()
                .replace(/^type /, '')
                .replace(/ as .*$/, ''),
            );
    }
  return names;
}

/** Whether a declaration of a report other than the type's own names the type. */
export function isReached(type: string, report: string): boolean {
  return [...report.matchAll(new RegExp(`\\b${type}\\b`, 'g'))].length > 1;
}
