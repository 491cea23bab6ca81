/** The options of this library that its texts name. */
export const NAMED_OPTIONS = [
  'all',
  'allTags',
  'anonymous',
  'append',
  'as',
  'base',
  'cache',
  'caFile',
  'clientCert',
  'clientKey',
  'compress',
  'dryRun',
  'engine',
  'fix',
  'force',
  'format',
  'from',
  'gcEvery',
  'grace',
  'host',
  'htpasswd',
  'job',
  'listen',
  'manifest',
  'maxUsed',
  'minAge',
  'minFree',
  'onExistingTag',
  'orphans',
  'os',
  'output',
  'password',
  'plainHttp',
  'platform',
  'prune',
  'pull',
  'rate',
  'readOnly',
  'repository',
  'reserved',
  'root',
  'rules',
  'scrubEvery',
  'scrubRate',
  'split',
  'tag',
  'tlsCert',
  'tlsKey',
  'to',
  'unusedFor',
  'uploadsOlder',
  'upstream',
  'username',
  'workflow',
] as const;

/** The verbs of this library that its texts name. */
export const NAMED_VERBS = [
  'build',
  'copyImages',
  'doctor',
  'ensure',
  'importRegistry',
  'list',
  'listCache',
  'listedImages',
  'prune',
  'pruneShare',
  'save',
  'serve',
  'setPassword',
  'updateBase',
  'verify',
] as const;

/** An option in a text, by its name in this library, perhaps with a value (`true` when omitted). */
export interface NamedOption {
  readonly option: (typeof NAMED_OPTIONS)[number];
  readonly value?: string;
}

/** A verb in a text, by its name in this library, with the options to call it with. */
export interface NamedVerb {
  readonly verb: (typeof NAMED_VERBS)[number];
  readonly options: readonly NamedOption[];
}

/** A text as parts: options and verbs are data, so each program can word them for its own users. */
export type Wording = readonly (string | NamedOption | NamedVerb)[];

/** How a program words options and verbs: `--max-used`, `stowage prune --dry-run`. */
export interface Speech {
  /** `` the option `maxUsed` `` when omitted. */
  readonly option: (named: NamedOption) => string;
  /** `` `prune({ dryRun: true })` `` when omitted. */
  readonly verb: (named: NamedVerb) => string;
}

/** A document with the parts of those of its texts that name an option or a verb. */
export interface Worded<Field extends string> {
  readonly wording?: Readonly<Partial<Record<Field, Wording>>>;
}

/** A message for the user about something that is not an error. */
export interface Notice extends Worded<'text'> {
  readonly type: 'notice';
  readonly text: string;
}

/** Limit of a text, in characters: it may quote untrusted content. */
const MAX_CHARACTERS = 4_000;

/** The words of a library: `` the option `maxUsed` ``, `` `prune({ dryRun: true })` ``. */
const LIBRARY: Speech = {
  option: ({ option: name, value }) =>
    `the option \`${name}${value === undefined ? '' : `: ${value}`}\``,
  verb: ({ verb: name, options }) => {
    const given = options.map(({ option: key, value = 'true' }) => `${key}: ${value}`);
    return `\`${name}(${given.length === 0 ? '' : `{ ${given.join(', ')} }`})\``;
  },
};

export function option(name: NamedOption['option'], value?: string): NamedOption {
  return { option: name, ...(value === undefined ? {} : { value }) };
}

export function verb(name: NamedVerb['verb'], ...options: readonly NamedOption[]): NamedVerb {
  return { verb: name, options };
}

/** A template tag for texts that name options and verbs. */
export function wording(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | NamedOption | NamedVerb | Wording)[]
): Wording {
  return strings.flatMap((string, at): Wording => {
    const value = values[at] ?? '';
    const parts = typeof value === 'number' ? [String(value)] : isParts(value) ? value : [value];
    return [string, ...parts].filter((part) => part !== '');
  });
}

function isParts(value: string | NamedOption | NamedVerb | Wording): value is Wording {
  return Array.isArray(value);
}

/** Says a text in the words of a program, where it has none in those of this library; a long text is truncated. */
export function say(text: string | Wording, speech: Partial<Speech> = {}): string {
  const words = { ...LIBRARY, ...speech };
  const parts = typeof text === 'string' ? [text] : text;
  const said = parts
    .map((part) => {
      if (typeof part === 'string') return part;
      return 'verb' in part ? words.verb(part) : words.option(part);
    })
    .join('');
  return said.length > MAX_CHARACTERS ? `${said.slice(0, MAX_CHARACTERS)}…` : said;
}

/** A field with a text in the words of this library; beside it, the parts of the text if it has some. */
export function textField<Field extends string>(
  field: Field,
  text: string | Wording,
): Record<Field, string> & Worded<Field> {
  const said = { [field]: say(text) } as Record<Field, string>;
  if (typeof text === 'string') return said;
  return { ...said, wording: { [field]: text } as Partial<Record<Field, Wording>> };
}

/** A plain document with its texts in the words of a program, without their parts; the same for the documents in it. */
export function worded<T>(document: T, speech: Partial<Speech>): T {
  return convert(document, speech) as T;
}

function convert(value: unknown, speech: Partial<Speech>): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => convert(each, speech));
  if (typeof value !== 'object' || value === null) return value;
  const texts = textsOf(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !texts || key !== 'wording')
      .map(([key, each]) => {
        const text = texts && Object.hasOwn(texts, key) ? texts[key] : undefined;
        return [key, text ? say(text, speech) : convert(each, speech)] as const;
      }),
  );
}

/** The parts of the texts of a document; undefined for a document whose field `wording` is something else. */
function textsOf(document: object): Worded<string>['wording'] {
  const { wording: texts } = document as { readonly wording?: unknown };
  const isText = ([field, parts]: readonly [string, unknown]) =>
    typeof (document as Readonly<Record<string, unknown>>)[field] === 'string' && isWording(parts);
  const isTexts =
    typeof texts === 'object' && texts !== null && Object.entries(texts).every(isText);
  return isTexts ? (texts as Worded<string>['wording']) : undefined;
}

function isWording(parts: unknown): parts is Wording {
  return Array.isArray(parts) && parts.every(isPart);
}

function isPart(part: unknown): boolean {
  if (typeof part === 'string') return true;
  if (typeof part !== 'object' || part === null) return false;
  const { option: name, verb: action } = part as { option?: unknown; verb?: unknown };
  return [...NAMED_OPTIONS, ...NAMED_VERBS].some((each) => each === name || each === action);
}
