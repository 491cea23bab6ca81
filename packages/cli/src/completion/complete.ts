import {
  listCache,
  familiarReference,
  formatReference,
  list,
  openWorkspace,
  parseReference,
} from '@stowage/core';
import type { Command } from 'commander';
import { formatBytes } from '../print/table.js';
import { print } from '../print/print.js';
import { text } from '../print/text.js';
import type { Io } from '../verb.js';
import { suggest, type Suggestion } from './suggest.js';

/** Commands that take images of registries; for these the references in the cache are suggested, too. */
const FROM_REGISTRIES: ReadonlySet<string> = new Set([
  'load',
  'pull',
  'inspect',
  'verify',
  'copy',
  'compare',
  'convert',
  'digest',
]);

/** Commands that take images of registries only, no names of the catalog. */
const ONLY_FROM_REGISTRIES: ReadonlySet<string> = new Set(['purge', 'tag', 'rm', 'tree', 'attach']);
/** Commands that take repositories, without a tag. */
const OF_REPOSITORIES: ReadonlySet<string> = new Set(['ls', 'tags']);
/** Commands that take the host of a registry alone. */
const OF_HOSTS: ReadonlySet<string> = new Set(['login', 'logout']);

/** A shell inserts a suggestion unquoted, so it may hold no character that a shell interprets. */
const SAFE_WORD = /^[\w./:@=+-]+$/;

/** Prints the suggestions that the scripts of shells read. Errors are ignored: they would appear while the user types. */
export async function complete(program: Command, words: readonly string[], io: Io): Promise<void> {
  const images = async (command: Command) => {
    const name = command.name();
    if (OF_HOSTS.has(name)) return [];
    if (OF_REPOSITORIES.has(name)) return repositoriesOf(await cacheSuggestions(io));
    if (ONLY_FROM_REGISTRIES.has(name)) return cacheSuggestions(io);
    const names = await catalogSuggestions(command, io);
    return FROM_REGISTRIES.has(name) ? [...names, ...(await cacheSuggestions(io))] : names;
  };
  const found = await suggest(program, words, images).catch(() => []);
  const safe = found.filter(({ value }) => SAFE_WORD.test(value));
  print(io.stdout, text`${safe.map(({ value, about }) => text`${value}\t${about}\n`)}`);
}

/** Names of the catalog; `save` also takes references of an engine, so it gets those with tags. */
async function catalogSuggestions(command: Command, { cwd }: Io): Promise<readonly Suggestion[]> {
  const entries = await list(await openWorkspace(cwd));
  return entries.flatMap(({ name, reference, size, state }) => {
    const about = state === 'ok' ? formatBytes(size) : state;
    const tagged = reference === null ? undefined : familiarReference(parseReference(reference));
    const isTagged = command.name() === 'save' && tagged !== undefined && tagged !== name;
    return [{ value: name, about }, ...(isTagged ? [{ value: tagged, about }] : [])];
  });
}

async function cacheSuggestions({ cwd }: Io): Promise<readonly Suggestion[]> {
  return (await listCache(await openWorkspace(cwd))).flatMap(({ reference, bytes }) =>
    reference === null ? [] : [{ value: reference, about: formatBytes(bytes) }],
  );
}

function repositoriesOf(images: readonly Suggestion[]): readonly Suggestion[] {
  const names = images.map(({ value }) => {
    const { registry, repository } = parseReference(value);
    return formatReference({ registry, repository });
  });
  return [...new Set(names)].map((value) => ({ value, about: 'in the cache' }));
}
