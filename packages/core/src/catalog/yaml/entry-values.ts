import { posix } from 'node:path';
import type { Node } from 'yaml';
import { yaml } from '../../definition/libraries.js';
import { isDigest } from '../../oci/digest.js';
import { ENTRY_KINDS, type EntryYaml } from './entry.js';
import { parseTime } from './parse-time.js';

/** A value of an entry: undefined when the key is blank. */
export type ReadValue = { readonly value: unknown } | { readonly expected: string };

type Reader = (text: string) => ReadValue;

const BLANK: ReadValue = { value: undefined };
const asText: Reader = (text) => ({ value: text });
const asTime: Reader = (text) => orExpected(parseTime(text), 'a time in ISO 8601');
const asSize: Reader = (text) => {
  const size = Math.round(numberOf(text));
  return orExpected(isCount(size) ? size : undefined, 'a number of bytes');
};
const asCount: Reader = (text) => {
  const count = numberOf(text);
  return orExpected(isCount(count) ? count : undefined, 'a whole number');
};
const asAmount: Reader = (text) => {
  const amount = numberOf(text);
  return orExpected(amount >= 0 && Number.isFinite(amount) ? amount : undefined, 'a number');
};
const asDigest: Reader = (text) => orExpected(isDigest(text) ? text : undefined, 'a digest');
/** Windows tools write backslashes. */
const asFile: Reader = (text) => ({ value: posix.normalize(text.replaceAll('\\', '/')) });
const asFlag: Reader = (text) => {
  if (/^(?:true|yes|y|on|1)$/i.test(text)) return { value: true };
  return orExpected(/^(?:false|no|n|off|0)$/i.test(text) ? false : undefined, 'true or false');
};

const READERS = {
  name: asText,
  file: asFile,
  text: asText,
  time: asTime,
  amount: asAmount,
  count: asCount,
  flag: asFlag,
  digest: asDigest,
  size: asSize,
} as const;

/** The keys of an entry that Stowage reads; others are kept for other tools. */
export const ENTRY_KEYS = Object.keys(ENTRY_KINDS) as readonly (keyof EntryYaml)[];

/**
 * Reads the value of a key of an entry as older tools wrote it: numbers for texts keep their spelling (`1.10`), texts stand for
 * numbers, times may be dates or seconds since 1970. Null and blank values count as missing.
 */
export function readValue(key: keyof EntryYaml, node: Node | null): ReadValue {
  const { isSeq } = yaml();
  const text = textOf(node);
  const kind = ENTRY_KINDS[key];
  if (kind === 'texts') {
    if (isSeq(node)) return listOf(node.items);
    return text === undefined
      ? { expected: 'a list of texts' }
      : { value: text === '' ? undefined : text.split(/[\s,]+/) };
  }
  if (text === undefined) return { expected: 'a single value' };
  return text === '' ? BLANK : READERS[kind](text);
}

function listOf(items: readonly unknown[]): ReadValue {
  const texts = items.map(textOf);
  return texts.every((text) => text !== undefined)
    ? { value: texts.filter((text) => text !== '') }
    : { expected: 'a list of texts' };
}

/** The text of a scalar as it is written; empty for null, undefined for a list or a map. */
export function textOf(node: unknown): string | undefined {
  const { isScalar } = yaml();
  if (node === null || node === undefined) return '';
  if (!isScalar(node)) return undefined;
  const { value, source } = node;
  if (value === null || value === undefined) return '';
  return (typeof value === 'string' ? value : (source ?? '')).trim();
}

function orExpected(value: unknown, expected: string): ReadValue {
  return value === undefined ? { expected } : { value };
}

/** NaN for a text that is not a decimal number. */
function numberOf(text: string): number {
  return /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i.test(text) ? Number(text) : NaN;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
