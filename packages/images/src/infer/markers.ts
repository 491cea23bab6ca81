import { join } from 'node:path/posix';
import type { NxJsonConfiguration } from '@nx/devkit';
import { minimatch } from 'minimatch';

/** Files that make a folder a project, as patterns of names, with the plugin of Nx that infers it. */
const MARKERS: Readonly<Record<string, string>> = {
  'build.gradle{,.kts}': '@nx/gradle',
  'pom.xml': '@nx/maven',
  '*.{cs,fs,vb}proj': '@nx/dotnet',
  'Cargo.toml': '@monodon/rust',
  'go.mod': '@nx-go/nx-go',
  'pyproject.toml': '@nxlv/python',
};

/** Tells whether a file, given by its folder and name, makes a project of the folder. */
export type IsMarker = (folder: string, name: string) => boolean;

/**
 * The markers of the plugins that nx.json lists, with their `include` and `exclude`. A plugin cannot see what
 * another one infers, so the file that the other looks for has to tell.
 *
 * @param own patterns of names and their plugins, in addition to those of known plugins
 */
export function markersOf(
  { plugins = [] }: NxJsonConfiguration,
  own: Readonly<Record<string, string>> = {},
): IsMarker {
  const active = Object.entries({ ...MARKERS, ...own }).flatMap(([pattern, plugin]) =>
    plugins
      .map((each) => (typeof each === 'string' ? { plugin: each } : each))
      // `@nx/gradle/plugin-v1` is an entry of `@nx/gradle`.
      .filter((each) => each.plugin === plugin || each.plugin.startsWith(`${plugin}/`))
      .map(({ include, exclude }: { include?: string[]; exclude?: string[] }) => ({
        pattern,
        include,
        exclude,
      })),
  );
  return (folder, name) =>
    active.some(({ pattern, include, exclude }) => {
      const matches = (glob: string) => minimatch(join(folder, name), glob, { dot: true });
      return (
        minimatch(name, pattern) && (include?.some(matches) ?? true) && !exclude?.some(matches)
      );
    });
}
