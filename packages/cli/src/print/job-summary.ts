import type { JobSummary } from '@stowage/core';
import { shortDigest } from './table.js';

/** The commands that change images; with the word for an image whose document says no action, or none where such an image is left out. */
const SUMMARIZED: ReadonlyMap<string, string | undefined> = new Map([
  ['build', undefined],
  ['save', undefined],
  ['load', undefined],
  ['ensure', undefined],
  ['push', undefined],
  ['pull', 'pulled'],
  ['copy', 'copied'],
  ['convert', 'converted'],
  ['sync', undefined],
  ['prune', undefined],
]);

/**
 * The table of a command for the page of a CI job, made of its JSON document; undefined if it changes nothing.
 *
 * @param command its words after `stowage`.
 */
export function jobSummaryOf(command: string, document: unknown): JobSummary | undefined {
  if (!SUMMARIZED.has(command)) return undefined;
  const rows = itemsOf(document).flatMap((item) => {
    const done = textOf(item, ['action']) || SUMMARIZED.get(command);
    const image = textOf(item, ['reference', 'name', 'path']);
    // Archives that a prune keeps did not change.
    return done === undefined || done === 'keep'
      ? []
      : [[image, done, sizeOf(item), digestOf(item)]];
  });
  return { title: `stowage ${command}`, head: ['Image', 'Result', 'Size', 'Digest'], rows };
}

type Item = Readonly<Record<string, unknown>>;

/** The images of a document: results, decisions, or what each job loaded. */
function itemsOf(document: unknown): readonly Item[] {
  if (!isItem(document)) return [];
  const { results, decisions, jobs, saved, loaded } = document;
  const lists = [results, decisions, saved, loaded].flatMap((list) =>
    Array.isArray(list) ? (list as readonly unknown[]) : [],
  );
  const ofJobs = Array.isArray(jobs) ? (jobs as readonly unknown[]).flatMap(itemsOf) : [];
  return [...lists.filter(isItem), ...ofJobs];
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(item: Item, keys: readonly string[]): string {
  const value = keys.map((key) => item[key]).find((each) => typeof each === 'string');
  return typeof value === 'string' ? value : '';
}

/** The bytes that were moved, or else the size of the image. */
function sizeOf({ bytesSent, bytesReceived, size, bytes }: Item): number | string {
  const count = [bytesSent, bytesReceived, size, bytes].find((each) => typeof each === 'number');
  return typeof count === 'number' ? count : '';
}

function digestOf({ digest }: Item): string {
  return typeof digest === 'string' ? shortDigest(digest) : '';
}
