import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { expect, it } from 'vitest';
import { schemaLine, type SchemaName } from './schema-line.js';

const PACKAGE = join(import.meta.dirname, '../..');
const SCHEMAS: readonly SchemaName[] = ['image', 'stowage'];

it.each([
  ['stowage.yaml', 'stowage'],
  ['images/a/image.yaml', 'image'],
  ['apps/app/images/debian-12-base/image.yaml', 'image'],
] as const)('%s names a file of this package, relative to itself', (file, name) => {
  const path = /^# yaml-language-server: \$schema=(\S+)$/.exec(schemaLine(file, name))?.[1] ?? '';
  expect(path).toMatch(/^\.\.?\//);
  expect(join('/w', dirname(file), path)).toBe(
    `/w/node_modules/@stowage/images/schemas/${name}.schema.json`,
  );
});

// To write them again: npx vitest run src/generators/schema-line.test.ts --update
it.each(SCHEMAS)('the schema %s is that of the core package, and is published', async (name) => {
  const file = `schemas/${name}.schema.json`;
  const core = createRequire(import.meta.url).resolve(`@stowage/core/${file}`);
  await expect(readFileSync(core, 'utf8')).toMatchFileSnapshot(join(PACKAGE, file));
  const { files } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    files: string[];
  };
  expect(files).toContain('schemas');
});
