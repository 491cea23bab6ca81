import { joinPathFragments, type TargetConfiguration, type Tree } from '@nx/devkit';

/** Something of a build that a definition cannot say, and why. */
export interface NotTaken {
  readonly what: string;
  readonly reason: string;
  /** Whether a target of ours does it, so that nothing is lost when the old target goes. */
  readonly isReplaced?: boolean;
}

/** How an image of a project is built before the conversion; paths are relative to the workspace. */
export interface Build {
  /** The target that builds it; absent for a Dockerfile that no target names. */
  readonly target?: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly stage?: string;
  readonly network?: string;
  readonly platforms?: readonly string[];
  readonly after?: readonly string[];
  readonly notTaken: readonly NotTaken[];
}

/** Options of a container target that a definition has, in any of their spellings. */
const TAKEN = new Set(['context', 'file', 'target', 'platforms', 'args', 'labels', 'network']);
const SPELLINGS: Readonly<Record<string, string>> = { 'build-args': 'args', buildArgs: 'args' };

/** Options that a target of ours stands for. */
const REPLACED: Readonly<Record<string, string>> = {
  push: 'image-push pushes',
  load: 'image-load loads',
  tags: 'image-push names images by push.to of stowage.yaml or its tag',
  engine: 'engine: in stowage.yaml chooses the engine',
  quiet: 'the output is one line for each step',
  metadata: 'names come from the definition',
  'cache-from': 'unchanged images are not built again',
  'cache-to': 'unchanged images are not built again',
};

/** Reads a target of `@nx-tools/nx-container`. */
export function containerBuild(
  tree: Tree,
  root: string,
  name: string,
  target: TargetConfiguration,
): Build {
  const options: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries((target.options ?? {}) as object).map(([key, value]) => [
      SPELLINGS[key] ?? key,
      value as unknown,
    ]),
  );
  const resolvePath = (path: string) =>
    joinPathFragments(path.replaceAll('{projectRoot}', root).replaceAll('{workspaceRoot}', '.'));
  const context = resolvePath(text(options['context']) ?? '.');
  const inContext = joinPathFragments(context, 'Dockerfile');
  const file = text(options['file']);
  const dockerfile =
    file === undefined
      ? tree.exists(inContext)
        ? inContext
        : joinPathFragments(root, 'Dockerfile')
      : resolvePath(file);
  const args = pairs('build argument', options['args']);
  const labels = pairs('label', options['labels']);
  const { after, notTaken: dependencies } = afterOf(target.dependsOn);
  const [stage, network] = [text(options['target']), text(options['network'])];
  const platforms = list(options['platforms']);
  return {
    target: name,
    dockerfile,
    context,
    ...(args.taken ? { args: args.taken } : {}),
    ...(labels.taken ? { labels: labels.taken } : {}),
    ...(stage === undefined ? {} : { stage }),
    ...(network === undefined ? {} : { network }),
    ...(platforms.length > 0 ? { platforms } : {}),
    ...(after.length > 0 ? { after } : {}),
    notTaken: [
      ...args.notTaken,
      ...labels.notTaken,
      ...dependencies,
      ...otherOptions(options),
      ...Object.keys(target.configurations ?? {}).map((each) => ({
        what: `configuration ${each}`,
        reason: 'an image has one definition; add another one for it',
      })),
    ],
  };
}

function otherOptions(options: Readonly<Record<string, unknown>>): NotTaken[] {
  return Object.entries(options)
    .filter(([key, value]) => !TAKEN.has(key) && value !== undefined && value !== false)
    .map(([what]) => {
      const replaced = REPLACED[what];
      return replaced === undefined
        ? { what, reason: 'image.yaml has nothing like it' }
        : { what, reason: replaced, isReplaced: true };
    });
}

/** `dependsOn` as entries of `after:`, which name targets of the owner or of another project. */
function afterOf(dependsOn: TargetConfiguration['dependsOn']): {
  readonly after: readonly string[];
  readonly notTaken: readonly NotTaken[];
} {
  const after: string[] = [];
  const notTaken: NotTaken[] = [];
  for (const each of dependsOn ?? []) {
    const { target, projects, dependencies } =
      typeof each === 'string'
        ? { target: each, projects: undefined, dependencies: each.startsWith('^') }
        : each;
    const named = typeof projects === 'string' ? [projects] : projects;
    if (dependencies || named?.includes('dependencies')) {
      const what = `dependsOn ${typeof each === 'string' ? each : `^${target}`}`;
      notTaken.push({ what, reason: 'after: names targets one by one, as project:target' });
    } else if (!named || named.includes('self')) after.push(target);
    else after.push(...named.map((project) => `${project}:${target}`));
  }
  return { after, notTaken };
}

/** `NAME=value` texts, or an object of them; a value that Nx, a shell or the environment completes is not taken. */
function pairs(
  kind: string,
  given: unknown,
): { readonly taken?: Readonly<Record<string, string>>; readonly notTaken: readonly NotTaken[] } {
  const entries =
    typeof given === 'object' && given !== null && !Array.isArray(given)
      ? Object.entries(given).map(([name, value]) => [name, String(value)] as const)
      : list(given).map((each) => {
          const at = each.indexOf('=');
          return at < 0
            ? ([each, undefined] as const)
            : ([each.slice(0, at), each.slice(at + 1)] as const);
        });
  const isFixed = (value: string | undefined): value is string =>
    value !== undefined && !/\$\w|\$\{|\{\w+\}/.test(value);
  const taken = entries.filter((entry): entry is [string, string] => isFixed(entry[1]));
  return {
    ...(taken.length > 0 ? { taken: Object.fromEntries(taken) } : {}),
    notTaken: entries
      .filter(([, value]) => !isFixed(value))
      .map(([name]) => ({
        what: `${kind} ${name}`,
        reason: 'its value depends on where it is built, and image.yaml has fixed values',
      })),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function list(value: unknown): string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : (text(value)?.split(',') ?? []);
  return all.filter((each) => typeof each === 'string');
}
