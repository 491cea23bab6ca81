import { dirname, relative } from 'node:path/posix';

/** Files whose JSON Schema this package has in `schemas/`. */
export type SchemaName = 'image' | 'stowage';

/**
 * The comment with which editors find the JSON Schema of a YAML file: a path relative to that file, so that it works
 * offline. It is that of this package, as package managers need not put the core package into `node_modules` of a workspace.
 *
 * @param file path relative to the workspace
 */
export function schemaLine(file: string, name: SchemaName): string {
  const root = relative(dirname(file), '.') || '.';
  const schema = `node_modules/@stowage/images/schemas/${name}.schema.json`;
  return `# yaml-language-server: $schema=${root}/${schema}`;
}
