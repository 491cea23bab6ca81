import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';

/** The reason why a test that needs these programs cannot run here; undefined when it can. */
export function missing(programs: readonly string[], { root = false } = {}): string | undefined {
  const absent = programs.filter((program) => !isInstalled(program));
  if (absent.length > 0) return `${absent.join(', ')} not installed`;
  return root && process.getuid?.() !== 0 ? 'needs root' : undefined;
}

/** The programs of a Docker Engine. */
export const DOCKER = ['dockerd', 'containerd', 'runc'];

/**
 * Describes tests that need real programs. If one is missing, the tests are skipped with the reason; with
 * STOWAGE_REQUIRE=all they fail.
 */
export function describeWith(
  programs: readonly string[],
  name: string,
  define: () => void,
  options: { root?: boolean } = {},
): void {
  const why = missing(programs, options);
  if (why === undefined) describe(name, define);
  else if (process.env['STOWAGE_REQUIRE'] === 'all') {
    it(name, () => {
      throw new Error(`${why}, and STOWAGE_REQUIRE=all`);
    });
  } else it.skip(`${name} (${why})`, () => undefined);
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
