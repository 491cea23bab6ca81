import { expect, it } from 'vitest';
import { afterTask, baseProject } from './project-names.js';

it.each([
  ['build', 'me', 'build'],
  ['lib:dist', 'lib', 'dist'],
  ['@org/lib:dist', '@org/lib', 'dist'],
  ['a:b:dist', 'a:b', 'dist'],
])('after: %s is a task', (text, project, target) => {
  const owner = { root: 'apps/me', name: 'me', isProject: true };
  expect(afterTask(text, owner)).toEqual({ project, target });
});

it('only a conventional name is that of the project of a base', () => {
  expect(baseProject({ base: 'app-debian-13-base' })).toBe('app-debian-13-base');
  expect(baseProject({ base: 'debian:13' })).toBeUndefined();
});
