/** The options with which an older version generated a workflow. */
export interface OlderWorkflow {
  readonly name: string;
  readonly branch: string;
}

/** The commands with which older versions installed packages, and those with which they ran programs of packages. */
const INSTALL = [
  ...['npm ci', 'npm ci --legacy-peer-deps', 'npm install', 'pnpm install --frozen-lockfile'],
  ...['yarn install --immutable', 'yarn install --frozen-lockfile', 'yarn'],
  ...['bun install --no-cache', 'bun install --frozen-lockfile', 'bun install'],
];
const RUN = ['npx', 'pnpm exec', 'yarn', 'bunx', 'bun x'];

/** The comments of each version that wrote workflows; nothing else in them differed. */
const COMMENTS = [
  [
    '# Makes the images that a change touches, proves them, and gives them to the engine; nx g @stowage/images:ci wrote it.',
    '# What is affected is told by comparing commits.',
    "# Archives are outputs of tasks: with Nx's cache they come back, and only what changed is made anew.",
    "# What nobody used for long leaves the cache's disk; stowage.yaml says more.",
  ],
  [
    '# Builds, verifies and loads the images that a change affects. Written by nx g @stowage/images:ci.',
    '# nx affected compares commits, so it needs the history.',
    '# Archives are outputs of tasks: Nx restores them from its cache, and builds only those that changed.',
    '# Deletes archives by the retention rules of stowage.yaml, so that the cache stays small.',
  ],
] as const;

/** Whether an older version of the generator wrote a workflow, whatever was changed in it since. */
export function isOlderWorkflow(text: string): boolean {
  const [first = ''] = text.split('\n');
  return first.includes('nx g @stowage/images:ci') && text.includes('path: .nx/cache');
}

/** The options of a workflow of an older version; undefined if something was changed in it since. */
export function parseOlderWorkflow(text: string): OlderWorkflow | undefined {
  for (const comments of COMMENTS) {
    const { name, branch } = patternOf(comments).exec(text.replaceAll('\r\n', '\n'))?.groups ?? {};
    if (name !== undefined && branch !== undefined) return { name, branch };
  }
  return undefined;
}

function patternOf([head, history, cache, prune]: (typeof COMMENTS)[number]): RegExp {
  const template = `${head}
name: <name>

on:
  push:
    branches: [<branch>]
  pull_request:

permissions:
  contents: read
  actions: read

jobs:
  images:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
        with:
          ${history}
          fetch-depth: 0
      - uses: actions/setup-node@v5
        with:
          node-version: 22
      ${cache}
      - uses: actions/cache@v4
        with:
          path: .nx/cache
          key: images-\${{ runner.os }}-\${{ github.sha }}
          restore-keys: images-\${{ runner.os }}-
      - run: <install>
      - uses: nrwl/nx-set-shas@v4
      - run: <run> nx affected -t <target> <target>
      - run: <run> nx affected -t <target>
      ${prune}
      - run: <run> nx run-many -t <target>
`;
  const values: Readonly<Record<string, string>> = {
    name: '(?<name>[A-Za-z0-9_-]+)',
    branch: '(?<branch>[^\\]\\s]+)',
    install: `(?:${INSTALL.join('|')})`,
    run: `(?:${RUN.join('|')})`,
    target: '[\\w:.-]+',
  };
  const pattern = template
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/<(\w+)>/g, (all, value: string) => values[value] ?? all);
  return new RegExp(`^${pattern}$`);
}
