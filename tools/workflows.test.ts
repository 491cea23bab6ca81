import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '../.github/workflows');

interface Workflow {
  readonly on: object;
  readonly permissions?: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] }>
  >;
}

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const workflow = parse(readFileSync(join(FOLDER, name), 'utf8')) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it('uses actions by commit, as a tag can be moved', () => {
    const uses = steps.flatMap((step) => step.uses ?? []);
    expect(uses.filter((each) => !/@[0-9a-f]{40}$/.test(each))).toEqual([]);
  });

  it('has read-only permissions by default, and runs no code of a pull request with secrets', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
  });

  it('inserts no untrusted expression into a script', () => {
    expect(steps.filter(({ run = '' }) => run.includes('${{'))).toEqual([]);
  });
});

it('a release has the command as files that contain Node.js, which are made before anything is published', () => {
  const text = readFileSync(join(FOLDER, 'release.yml'), 'utf8');
  const runs = [
    'node tools/standalone.mjs dist',
    'npx nx release publish',
    /gh release create .* dist\/\* /,
  ].map((run) => text.search(run));
  expect(runs).not.toContain(-1);
  expect(runs).toEqual([...runs].sort((one, other) => one - other));
});
