import { createRequire } from 'node:module';

let known: string | undefined;

/**
 * The header `User-Agent` of every request: `stowage/VERSION`, or `stowage` where the package cannot be found, such as in
 * a bundle of another program.
 */
export function userAgent(): string {
  return (known ??= ['stowage', versionOf('@stowage/core')].filter(Boolean).join('/'));
}

function versionOf(name: string): string | undefined {
  try {
    const { version } = createRequire(import.meta.url)(`${name}/package.json`) as {
      readonly version?: string;
    };
    return version;
  } catch {
    return undefined;
  }
}
