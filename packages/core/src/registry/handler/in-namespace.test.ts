import { expect, it } from 'vitest';
import { inNamespace } from './in-namespace.js';

it('a route to a repository gets the registry that is named; others stay', () => {
  const query = new URLSearchParams('ns=docker.io');
  const namespaces = new Set(['docker.io']);
  expect(inNamespace({ kind: 'tags', name: 'a' }, { query }, { namespaces })).toEqual({
    kind: 'tags',
    name: 'docker.io/a',
  });
  expect(inNamespace({ kind: 'catalog' }, { query }, { namespaces })).toEqual({ kind: 'catalog' });
  expect(inNamespace(undefined, { query }, { namespaces })).toBeUndefined();
  expect(inNamespace({ kind: 'tags', name: 'a' }, { query }, {})).toMatchObject({ name: 'a' });
});
