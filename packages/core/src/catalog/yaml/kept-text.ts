import { createHash } from 'node:crypto';
import type { Document, Node, YAMLSeq } from 'yaml';
import { yaml } from '../../definition/libraries.js';
import type { CatalogItem } from './read-entries.js';

/** A parsed catalog. */
export interface KeptCatalog {
  readonly document: Document;
  readonly text: string;
  readonly items: readonly CatalogItem[];
  /** Whether its list is written with indentation. */
  readonly indentSeq: boolean;
}

/** Texts of entries that are written back as they were. */
export interface KeptTexts {
  /** Puts the texts back into the written document. */
  readonly restore: (written: string) => string;
}

/**
 * Replaces entries that cannot be read by placeholders while a document is edited, so that writing it does not change their
 * text. Only their indentation follows that of the list.
 */
export function keepTexts({ document, text, items, indentSeq }: KeptCatalog): KeptTexts {
  const list = listOf(document);
  const indent = indentSeq ? '    '.length : '  '.length;
  // A text cannot contain its own hash.
  const hash = createHash('sha256').update(text).digest('hex');
  const kept = new Map<string, string>();
  for (const [at, item] of items.entries()) {
    if ('entry' in item || !list) continue;
    const token = `kept-${hash}-${at}`;
    kept.set(token, sourceOf(text, item.node as Node, indent));
    list.items[at] = placeholder(token, item.node as Node);
  }
  return {
    restore: (written) =>
      written.replace(/ ?(kept-[0-9a-f]{64}-[0-9]+)/g, (found, token: string) => {
        const source = kept.get(token);
        if (source === undefined) return found;
        return source === '' ? '' : ` ${source}`;
      }),
  };
}

/** The comments of an item are not part of its text. */
function placeholder(token: string, { commentBefore, spaceBefore }: Node): Node {
  const scalar = new (yaml().Scalar)(token);
  if (commentBefore != null) scalar.commentBefore = commentBefore;
  if (spaceBefore === true) scalar.spaceBefore = true;
  return scalar;
}

/** Whether the list of images is indented, or is to be: one in brackets is written as a block. */
export function indentsList(document: Document, text: string): boolean {
  const list = listOf(document);
  return list === undefined || list.flow === true || columnOf(text, list) > 0;
}

function listOf({ contents }: Document): YAMLSeq | undefined {
  const { isMap, isSeq } = yaml();
  const images: unknown = isMap(contents) ? contents.get('images', true) : null;
  return isSeq(images) ? images : undefined;
}

/** The text of an item, with its anchor and tag, indented for its new place. */
function sourceOf(text: string, { range }: Node, indent: number): string {
  const [valueStart = 0, , end = 0] = range ?? [];
  const [properties = ''] = /(?:[&!]\S*\s+)*$/.exec(text.slice(0, valueStart).slice(-4096)) ?? [];
  const start = valueStart - properties.length;
  const shift = indent - (start - lineStart(text, start));
  return text
    .slice(start, end)
    .trimEnd()
    .replace(/\n( *)(?=\S)/g, (_, blanks: string) => {
      return `\n${' '.repeat(Math.max(0, blanks.length + shift))}`;
    });
}

function columnOf(text: string, { range }: { readonly range?: Node['range'] }): number {
  const start = range?.[0] ?? 0;
  return start - lineStart(text, start);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}
