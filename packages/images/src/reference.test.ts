import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

interface Property {
  readonly type?: string;
  readonly oneOf?: readonly { readonly type: string }[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description: string;
}

interface Schema {
  readonly description: string;
  readonly properties: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

type Entries = Readonly<Record<string, { readonly schema: string; readonly hidden?: boolean }>>;

const read = <T>(file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as T;

function tableOf(name: string, { description, properties, required = [] }: Schema): string {
  const rows = Object.entries(properties)
    .filter(([option]) => option !== 'skipFormat')
    .map(([option, { type, oneOf = [], enum: choices, default: value, description: about }]) => {
      const kinds = type ?? oneOf.map((each) => each.type).join(' or ');
      const kind = choices ? choices.map((each) => `\`${each}\``).join(', ') : kinds;
      const initial = required.includes(option)
        ? 'required'
        : value === undefined
          ? ''
          : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
      return `| \`${option}\` | ${kind} | ${initial} | ${cell(about)} |`;
    });
  const table = ['| option | type | default | is |', '| - | - | - | - |', ...rows];
  return [
    `## ${name}`,
    '',
    description.replaceAll('<', '&lt;'),
    '',
    ...(rows.length > 0 ? table : []),
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

// To write them again: npx vitest run src/reference.test.ts --update
it.each(['executors', 'generators'] as const)(
  '%s are described as their schemas say',
  async (kind) => {
    const entries = read<Readonly<Record<typeof kind, Entries>>>(`${kind}.json`)[kind];
    const shown = Object.entries(entries).filter(([, { hidden }]) => !hidden);
    const title = kind === 'executors' ? 'Executors' : 'Generators';
    const parts = shown.map(([name, { schema }]) =>
      tableOf(`@stowage/images:${name}`, read<Schema>(schema)),
    );
    const page = `# ${title}\n\nWritten from their schemas.\n\n${parts.join('\n')}`;
    const text = await format(page, { parser: 'markdown', printWidth: 100 });
    await expect(text).toMatchFileSnapshot(join(ROOT, `../../docs/reference/${kind}.md`));
  },
);
