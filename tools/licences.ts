import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Licence {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
}

/** The dependencies that users install with the packages, and their licences, from package-lock.json. */
export function licencesOf(root: string, packages: readonly string[]): Licence[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, Locked>>;
  };
  const found = new Map<string, Licence>();
  const visit = (path: string): void => {
    const locked = lock.packages[path];
    for (const name of Object.keys({ ...locked?.dependencies, ...locked?.optionalDependencies })) {
      const place = placeOf(lock.packages, path, name);
      const dependency = place === undefined ? undefined : lock.packages[place];
      if (place === undefined || !dependency) continue;
      if (dependency.link) continue;
      const { version = '', license = 'UNKNOWN' } = dependency;
      const key = `${name} ${version}`;
      if (found.has(key)) continue;
      found.set(key, { name, version, licence: license });
      visit(place);
    }
  };
  for (const path of packages) visit(path);
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The key in package-lock.json at which Node.js resolves a package: below the dependent package, or further up. */
function placeOf(
  packages: Readonly<Record<string, Locked>>,
  from: string,
  name: string,
): string | undefined {
  for (let at = from; ; at = at.replace(/(?:^|\/)[^/]+$/, '')) {
    const place = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (packages[place]) return place;
    if (at === '') return undefined;
  }
}
