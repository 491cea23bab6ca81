import { expect, it } from 'vitest';
import { markersOf } from './markers.js';

it.each([
  ['a plugin that is listed', ['@nx/gradle'], 'build.gradle.kts', true],
  ['an entry of a plugin', [{ plugin: '@nx/gradle/plugin-v1' }], 'build.gradle', true],
  ['a pattern of names', ['@nx/dotnet'], 'App.csproj', true],
  ['no plugin', [], 'build.gradle', false],
  ['another plugin', ['@nx/gradle'], 'go.mod', false],
  ['a plugin whose name begins alike', ['@nx/gradle-extras'], 'build.gradle', false],
  ['another file', ['@nx/gradle'], 'my-build.gradle', false],
  ['an include', [{ plugin: '@nx/gradle', include: ['apps/**'] }], 'build.gradle', true],
  ['an include elsewhere', [{ plugin: '@nx/gradle', include: ['libs/**'] }], 'build.gradle', false],
  ['an exclude', [{ plugin: '@nx/gradle', exclude: ['apps/app/*'] }], 'build.gradle', false],
])('knows the markers with %s', (_what, plugins, name, expected) => {
  expect(markersOf({ plugins })('apps/app', name)).toBe(expected);
});

it('knows markers of the workspace, too', () => {
  const plugins = ['@acme/nx-cmake'];
  const isMarker = markersOf({ plugins }, { 'CMakeLists.txt': '@acme/nx-cmake' });
  expect(isMarker('apps/app', 'CMakeLists.txt')).toBe(true);
  expect(markersOf({ plugins })('apps/app', 'CMakeLists.txt')).toBe(false);
});
