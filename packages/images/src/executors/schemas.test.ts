import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobRequestOf, ruleOptionsOf } from '@stowage/core';
import { expect, it } from 'vitest';

const ENGINE = ['engine', 'host'];
const rules = Object.keys(ruleOptionsOf({}));
const job = Object.keys(jobRequestOf({}));

// Nx reads options from schema.json, so the lists of core cannot be imported there.
it.each([
  [
    'prune',
    // The rules are those of the definition's name.
    [
      'definition',
      ...ENGINE,
      ...without(rules, 'orphans', 'project', 'name'),
      'copies',
      'share',
      'dryRun',
      'images',
    ],
  ],
  // A target has the shorter one of two spellings of one option.
  ['plan', without(job, 'architecture')],
  ['ensure', [...without(job, 'architecture'), ...ENGINE, 'act', 'actrc', 'runner']],
])('%s has the options of its type', (executor, expected) => {
  const text = readFileSync(join(import.meta.dirname, executor, 'schema.json'), 'utf8');
  const { properties } = JSON.parse(text) as { readonly properties: object };
  expect(Object.keys(properties)).toEqual(expected);
});

function without(names: readonly string[], ...left: string[]): string[] {
  expect(names).toEqual(expect.arrayContaining(left));
  return names.filter((name) => !left.includes(name));
}
