import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path/posix';
import { minimatch } from 'minimatch';
import { isObject, readJsonObject } from './json.js';

/**
 * Tells whether the `package.json` of a folder is a project of Nx: one of the package manager's workspaces (npm,
 * yarn, bun, pnpm, lerna), or that of the root with a key `nx`.
 */
export function workspacePackages(workspaceRoot: string): (root: string) => boolean {
  const manifest = readJsonObject(join(workspaceRoot, 'package.json'));
  const { workspaces } = manifest ?? {};
  const patterns = [
    ...texts(isObject(workspaces) ? workspaces['packages'] : workspaces),
    ...texts(readPnpm(join(workspaceRoot, 'pnpm-workspace.yaml'))),
    ...lernaPackages(join(workspaceRoot, 'lerna.json')),
  ];
  const wanted = patterns.filter((each) => !each.startsWith('!')).map(manifestsOf);
  const unwanted = patterns.filter((each) => each.startsWith('!')).map((each) => each.slice(1));
  // Nx takes exceptions alone as exceptions from all.
  if (wanted.length === 0 && unwanted.length > 0) wanted.push('**/package.json');
  return (root) => {
    if (root === '.') return manifest?.['nx'] !== undefined;
    const path = join(root, 'package.json');
    const matches = (pattern: string) => minimatch(path, pattern);
    return wanted.some(matches) && !unwanted.map(manifestsOf).some(matches);
  };
}

/** The pattern of the manifests in folders that match a pattern. */
function manifestsOf(pattern: string): string {
  return pattern.endsWith('/package.json') ? join(pattern) : join(pattern, 'package.json');
}

function lernaPackages(path: string): string[] {
  const lerna = readJsonObject(path);
  if (!lerna) return [];
  const packages = texts(lerna['packages']);
  return packages.length > 0 ? packages : ['packages/*'];
}

function readPnpm(path: string): unknown {
  try {
    const text = readFileSync(path, 'utf8');
    // Loaded on first use: only pnpm needs it.
    const { parse } = createRequire(import.meta.url)('yaml') as {
      parse: (text: string) => unknown;
    };
    const value = parse(text);
    return isObject(value) ? value['packages'] : undefined;
  } catch {
    return undefined;
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
