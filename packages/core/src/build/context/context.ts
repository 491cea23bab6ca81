import { lstatSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Definition } from '../../definition/definition.js';
import { systemPath } from '../../disk/paths/byte-names.js';
import { ignoreMissingSync, namesSync } from '../../disk/if-there.js';
import { inside } from '../../disk/paths/inside.js';
import { requireFolderBelow } from '../../disk/paths/own-folder.js';
import { ImageError } from '../../errors.js';
import type { CallOptions } from '../../transfer/store.js';
import { IGNORE_FILE, readIgnoreRules } from './ignore-file.js';
import type { IgnoreState } from './ignore-rules.js';
import { describeFile, type ContextFile } from '../source-files/context-file.js';
import { readGitModes } from '../source-files/file-modes.js';
import { findTarget } from '../source-files/find-target.js';

/** Excluded: a changed comment in the definition must not change the image. */
const DEFINITION_FILES: ReadonlySet<string> = new Set(['image.yaml', 'image.lock.yaml']);

/** Options for listing a context. */
export interface ListOptions extends CallOptions {
  /** On Windows, git's index decides which files may be run; this system's by default. */
  readonly platform?: NodeJS.Platform;
  /** The own Dockerfile of the definition, relative to the context: it is listed even if it is ignored. */
  readonly dockerfile?: string | undefined;
  /** Absolute paths of files that are in no image, such as secrets. */
  readonly secretFiles?: readonly string[];
}

/**
 * Lists a context, sorted by path, without what `.dockerignore` leaves out. Symbolic links are listed, not followed; of a
 * root that is a link, what it leads to is listed, too.
 *
 * @param roots files and folders to list, relative to the context, so that an image that copies one folder does not
 *   list a whole project. Roots that do not exist are ignored.
 * @throws ImageError NOT_FOUND (the context), UNSUPPORTED (a socket, device or pipe), USAGE (a root outside the
 *   context), INVALID (a root or a parent folder of it is a link out of the context; `.dockerignore`)
 */
export async function listContext(
  folder: string,
  roots: readonly string[] = ['.'],
  { signal, platform = process.platform, dockerfile, secretFiles = [] }: ListOptions = {},
): Promise<ContextFile[]> {
  requireFolder(folder);
  const gitModes = platform === 'win32' ? await readGitModes(folder, { signal }) : undefined;
  const { root: state, hasExceptions } = await readIgnoreRules(folder, dockerfile);
  const secrets = new Set(secretFiles);
  const files = new Map<string, ContextFile>();
  const targets = new Map<string, string>();
  /** Lists what is at a path. @returns whether it is a folder to be read */
  function add(place: Place, { isIgnored }: IgnoreState): boolean {
    const { path, absolute } = place;
    if (secrets.has(absolute)) return false;
    const ignored = path !== '' && (DEFINITION_FILES.has(path) || isIgnored);
    // An exception (`!keep`) may include a file below an ignored folder.
    if (ignored && !hasExceptions) return false;
    const file = path === '' ? undefined : describeFile(place, gitModes);
    if (file && !ignored) files.set(path, file);
    return !file || file.type === 'directory';
  }
  async function addBelow({ path, absolute }: Place, { enter }: IgnoreState): Promise<void> {
    signal?.throwIfAborted();
    const [prefix, absolutePrefix] = [path && `${path}/`, join(absolute, sep)];
    const folders: [place: Place, state: IgnoreState][] = [];
    // Synchronous, since a promise for each file would take longer; signals and timers get their turn after each folder.
    for (const name of namesSync(absolute)) {
      const below = { path: prefix + name, absolute: absolutePrefix + name };
      const state = enter(name);
      if (add(below, state)) folders.push([below, state]);
    }
    await setImmediate();
    for (const [below, state] of folders) await addBelow(below, state);
  }
  async function visit(path: string, state: IgnoreState): Promise<void> {
    signal?.throwIfAborted();
    const place = placeOf(folder, path);
    if (add(place, state)) await addBelow(place, state);
  }
  const stateAt = (path: string) =>
    path.split('/').reduce((at, name) => (name === '' ? at : at.enter(name)), state);
  for (const root of roots) {
    const path = contextPath(root);
    const absolute = inside(folder, path);
    await requireFolderBelow(folder, path === '' ? folder : dirname(absolute));
    if (!ignoreMissingSync(() => lstatSync(systemPath(absolute)))) continue;
    await visit(path, stateAt(path));
    const link = files.get(path);
    const target = link?.type === 'symlink' ? await findTarget(folder, absolute) : undefined;
    if (target === undefined) continue;
    targets.set(path, target);
    await visit(target, stateAt(target));
  }
  for (const [path, leadsTo] of targets) {
    const link = files.get(path);
    if (link) files.set(path, { ...link, leadsTo });
  }
  const path = dockerfile === undefined ? undefined : posix.normalize(dockerfile);
  if (path !== undefined && !files.has(path)) {
    inside(folder, path);
    const hidden = ignoreMissingSync(() => describeFile(placeOf(folder, path), gitModes));
    if (hidden) files.set(path, { ...hidden, isHidden: true });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

type Place = Pick<ContextFile, 'path' | 'absolute'>;

function placeOf(folder: string, path: string): Place {
  return { path, absolute: join(folder, path) };
}

/** The paths of the context that an image uses: those of `copy:`, or all for a Dockerfile. */
export function contextRoots({ dockerfile, copy }: Definition): readonly string[] {
  return dockerfile === undefined ? copy.map(({ from }) => from) : ['.'];
}

/** Selects the files of the context that the image is made from. @throws ImageError NOT_FOUND */
export function selectUsedFiles(
  { dockerfile, copy }: Definition,
  files: readonly ContextFile[],
  context: string,
): readonly ContextFile[] {
  return dockerfile === undefined
    ? copy.flatMap(({ from }) => selectFiles(files, from, context))
    : files;
}

/**
 * Selects one file of a context, or a folder with all files below it. Of a link, what it leads to, as if it were at the
 * path of the link.
 *
 * @throws ImageError NOT_FOUND
 */
export function selectFiles(
  files: readonly ContextFile[],
  from: string,
  context: string,
): readonly ContextFile[] {
  const path = contextPath(from);
  if (path === '') return files;
  const selected = filesAt(files, path);
  const [link] = selected;
  if (link?.type !== 'symlink' || link.path !== path) {
    if (selected.length > 0) return selected;
  } else if (link.leadsTo !== undefined) {
    const { leadsTo: target } = link;
    const targets = filesAt(files, target);
    const rename = (old: string) =>
      `${path}${target === '' ? `/${old}` : old.slice(target.length)}`;
    if (targets.length > 0) return targets.map((file) => ({ ...file, path: rename(file.path) }));
  }
  const isOtherForm = files.some((file) => file.path.normalize() === path.normalize());
  throw new ImageError('NOT_FOUND', `${context}: no file ${JSON.stringify(from)} in the context`, {
    location: context,
    hint: isOtherForm
      ? 'The file has this name in another Unicode form (NFC or NFD): rename the file.'
      : `Build it first (after:), correct copy.from, or check whether ${IGNORE_FILE} excludes it.`,
  });
}

function filesAt(files: readonly ContextFile[], path: string): readonly ContextFile[] {
  if (path === '') return files;
  const prefix = `${path}/`;
  return files.filter((file) => file.path === path || file.path.startsWith(prefix));
}

function requireFolder(folder: string): void {
  const info = ignoreMissingSync(() => lstatSync(systemPath(join(folder, '.'))));
  if (info?.isDirectory()) return;
  throw new ImageError('NOT_FOUND', `${folder}: the folder of the context does not exist`, {
    location: folder,
  });
}

/**
 * Normalizes a path of a definition to the form of {@link ContextFile.path}: no leading `./`, no trailing slash; empty for
 * the context itself.
 *
 * @throws ImageError USAGE (a path outside the context)
 */
export function contextPath(path: string): string {
  const clean = posix.normalize(path);
  if (clean === '..' || clean.startsWith('../') || clean.startsWith('/') || clean.includes('\0'))
    throw new ImageError(
      'USAGE',
      `copy.from: ${JSON.stringify(path)} is not a path in the context`,
      {
        hint: 'context: names the folder that files are taken from; it may be any folder of the workspace.',
      },
    );
  return clean === '.' || clean === './' ? '' : clean.replace(/\/$/, '');
}
