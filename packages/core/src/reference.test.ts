import { join } from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { imageSchema } from './definition/image-schema.js';
import { settingsSchema } from './definition/settings/settings-schema.js';

interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

function kindOf({ type, enum: choices, items, oneOf, anyOf }: Schema): string {
  if (choices) return choices.map((each) => `\`${String(each)}\``).join(', ');
  const several = oneOf ?? anyOf;
  if (several) return several.map(kindOf).join(' or ');
  if (type === 'array') return `list of ${items ? kindOf(items) : 'anything'}`;
  return typeof type === 'string' ? type : (type?.join(' or ') ?? '');
}

function rowsOf({ properties = {}, required = [] }: Schema, before = ''): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const path = `${before}${key}`;
    const kind = kindOf(schema).replaceAll('|', '\\|');
    const about = `${required.includes(key) ? 'Required. ' : ''}${schema.description ?? ''}`;
    const below = [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
    return [
      `| \`${path}\` | ${kind} | ${about.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`,
      ...below.flatMap((each) => rowsOf(each, `${path}.`)),
      ...(schema.items ? rowsOf(schema.items, `${path}[].`) : []),
    ];
  });
}

// To write it again: npx vitest run src/reference.test.ts --update
it('describes files as their schemas say', async () => {
  const files: Readonly<Record<string, Schema>> = {
    'image.yaml': imageSchema,
    'stowage.yaml': settingsSchema,
  };
  const parts = Object.entries(files).map(([name, schema]) =>
    [`## ${name}`, '', '| key | type | is |', '| - | - | - |', ...rowsOf(schema), ''].join('\n'),
  );
  const page = `# Files\n\nWritten from the schemas that they are checked with (\`@stowage/core/schemas\`).\n\n${parts.join('\n')}`;
  const text = await format(page, { parser: 'markdown', printWidth: 100 });
  await expect(text).toMatchFileSnapshot(
    join(import.meta.dirname, '../../../docs/reference/files.md'),
  );
});
