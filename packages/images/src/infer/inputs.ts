import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path/posix';
import type { TargetConfiguration } from '@nx/devkit';
import type { Definition } from '@stowage/core/definition';
import { externalName } from './external.js';
import type { Image } from './image.js';

type Inputs = NonNullable<TargetConfiguration['inputs']>;

/** A larger .dockerignore is not read (bytes). */
const MAX_DOCKERIGNORE_BYTES = 1024 * 1024;

/** Only for an installed plugin: built in the workspace itself, it is no external dependency. */
const SELF: Inputs = isInstalled(import.meta.url)
  ? [{ externalDependencies: ['@stowage/images'] }]
  : [];

/** Whether a module is one of an installed package. A URL has slashes on every system, and a path on Windows has none. */
export function isInstalled(url: string): boolean {
  return url.includes('/node_modules/');
}

/** Inputs for Nx's hash of an image: definition, context, settings, the record of its base, outputs of `after:`. */
export function inputsOf(image: Image, workspaceRoot: string): Inputs {
  const { definition } = image;
  const always: Inputs = [
    '{projectRoot}/**/*',
    '{workspaceRoot}/stowage.yaml',
    { env: 'SOURCE_DATE_EPOCH' },
    ...(image.lock ? [{ externalDependencies: [externalName(image.lock)] }] : []),
    ...SELF,
  ];
  if (!definition) return always;
  const context = join(image.root, definition.context);
  const patterns = contextPatterns(definition, context);
  const further = Object.values(definition.buildContexts ?? {}).map((folder) =>
    join(image.root, folder, '**/*'),
  );
  return [
    ...always,
    ...(context === image.root ? [] : patterns.map((pattern) => `{workspaceRoot}/${pattern}`)),
    ...further.map((pattern) => `{workspaceRoot}/${pattern}`),
    ...ignoredPatterns(context, workspaceRoot, definition.dockerfile),
    // The hash of a secret must not be in the key of a shared cache.
    ...(definition.secrets ?? []).flatMap(({ file }) =>
      file === undefined ? [] : [`!{workspaceRoot}/${join(image.root, file)}`],
    ),
    { dependentTasksOutputFiles: '**/*.image.json', transitive: false },
    ...(definition.after.length === 0
      ? []
      : [...patterns, ...further].map((pattern) => ({
          dependentTasksOutputFiles: pattern,
          transitive: false,
        }))),
  ];
}

/** The files of a context to hash: those that are copied, or all for a Dockerfile. */
function contextPatterns({ dockerfile, copy }: Definition, context: string): string[] {
  if (dockerfile !== undefined) return [join(context, '**/*')];
  return copy.flatMap(({ from }) => [join(context, from), join(context, from, '**/*')]);
}

/**
 * The rules of `.dockerignore`, or those beside the Dockerfile, as Nx patterns. With an exception (`!keep`) none is used:
 * hashing too many files is safe. Nor is a rule that may leave out the Dockerfile, which a build reads nevertheless.
 */
function ignoredPatterns(
  context: string,
  workspaceRoot: string,
  dockerfile: string | undefined,
): string[] {
  const read = (name: string) => readRules(join(workspaceRoot, context, name));
  const own = dockerfile === undefined ? undefined : read(`${dockerfile}.dockerignore`);
  const rules = own ?? read('.dockerignore') ?? [];
  if (rules.some((rule) => rule.startsWith('!'))) return [];
  return rules.flatMap((rule) => {
    const path = join(rule.replace(/^\/+/, ''));
    if (dockerfile !== undefined && mayMatch(path, join(dockerfile))) return [];
    const pattern = `!{workspaceRoot}/${join(context, path)}`;
    return [pattern, `${pattern}/**/*`];
  });
}

/** False only if the text before the first wildcard, or after the last one, is not in the path. */
function mayMatch(rule: string, path: string): boolean {
  const [start = '', ...rest] = rule.replace(/\/$/, '').split(/[*?]+/);
  if (rest.length === 0) return `${path}/`.startsWith(`${start}/`);
  return path.startsWith(start) && `${path}/`.includes(`${rest.at(-1) ?? ''}/`);
}

/** Leaves out rules with characters that have another meaning in Nx patterns. @returns undefined if there is no file */
function readRules(path: string): string[] | undefined {
  try {
    const info = statSync(path, { throwIfNoEntry: false });
    if (!info) return undefined;
    if (!info.isFile() || info.size > MAX_DOCKERIGNORE_BYTES) return [];
    return readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .filter((line) => line.startsWith('!') || !/[\\()[\]{}+@|!]/.test(line));
  } catch {
    return [];
  }
}
