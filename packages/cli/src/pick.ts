import { ImageError, list, type ListEntry, type Workspace } from '@stowage/core';
import { ask } from './ask.js';
import { print } from './print/print.js';
import { formatBytes, formatTable } from './print/table.js';
import type { Io } from './verb.js';

/**
 * Lists the images of the catalog on a terminal, and asks which ones are meant. @returns their names
 *
 * @throws ImageError NOT_FOUND (there is none), USAGE (not a number of the list)
 */
export async function pickImages(workspace: Workspace, io: Io): Promise<readonly string[]> {
  const entries = (await list(workspace)).filter(({ state }) => ['ok', 'remote'].includes(state));
  if (entries.length === 0)
    throw new ImageError('NOT_FOUND', `${workspace.root}: no image is kept here`, {
      hint: 'Name an archive or a reference, or make an image with stowage build DEFINITION --save.',
    });
  const rows = entries.map(({ name, size, created }, at) => [
    ...[String(at + 1), name, formatBytes(size), created?.slice(0, 10) ?? '-'],
  ]);
  print(io.stderr, formatTable(['', 'NAME', 'SIZE', 'CREATED'], rows));
  const [answer = ''] = await ask(io, [{ label: 'Which ones? Numbers, or all' }]);
  return pickedFrom(answer, entries);
}

/** The names that an answer picks: numbers with spaces or commas between them, or `all`. @throws ImageError USAGE */
export function pickedFrom(answer: string, entries: readonly Pick<ListEntry, 'name'>[]): string[] {
  const words = answer.split(/[\s,]+/).filter((word) => word !== '');
  const wanted = words.join() === 'all' ? entries.map((_, at) => String(at + 1)) : words;
  const names = wanted.map((word) => {
    const entry = /^[0-9]+$/.test(word) ? entries[Number(word) - 1] : undefined;
    if (entry) return entry.name;
    throw new ImageError(
      'USAGE',
      `expected numbers from 1 to ${entries.length}, got ${JSON.stringify(word)}`,
    );
  });
  if (names.length > 0) return [...new Set(names)];
  throw new ImageError('USAGE', 'no image was picked');
}
