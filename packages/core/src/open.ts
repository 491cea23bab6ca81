import { basename, join, resolve } from 'node:path';
import { disagreement } from './catalog/agreement.js';
import { heal, isHalfDone, readRecord } from './catalog/commit.js';
import { archivePath, lockPath, readCatalog, spoolFolder } from './catalog/file.js';
import type { CatalogPlace } from './catalog/locate.js';
import { ARCHIVE_SUFFIX, type ImageRecord } from './catalog/record.js';
import { openArchive, openPipedArchive, type ArchiveKind } from './archive/open-archive.js';
import { sumsOf } from './archive/split-archive.js';
import type { Compression } from './compression/detect.js';
import { didYouMean } from './definition/did-you-mean.js';
import { parseName } from './definition/name.js';
import { statIfThere } from './disk/allocated.js';
import { expanded } from './disk/home-path.js';
import { isBelow } from './disk/inside.js';
import { withLock } from './disk/lock.js';
import type { Engine } from './engine/engine.js';
import type { RegistryFlags } from './distribution/open-repository.js';
import { ImageError, shortList } from './errors.js';
import { isPath, looksRemote, REPOSITORY, splitName, splitPrefix } from './location.js';
import type { NamingOptions } from './oci/layout.js';
import { parseReference } from './oci/reference.js';
import { CachedSource } from './store/cached-source.js';
import { FileStore } from './store/file-store.js';
import { openLayout } from './store/layout-dir.js';
import type { Halves } from './transfer/halves.js';
import type { Bytes, CallOptions, Source } from './transfer/store.js';
import { withBase } from './transfer/with-base.js';

/** The kind of a location. */
export type LocationKind = ArchiveKind | 'layout' | 'store' | 'engine' | 'repository';

/** Images at a location, open for reading. Dispose its `source`. */
export interface Opened {
  readonly source: Source;
  readonly kind: LocationKind;
  readonly compression: Compression;
  readonly notices: readonly string[];
  /** The image that was meant, when the location names one. */
  readonly reference?: string;
  /** The archive's record, if it has one. */
  readonly record?: ImageRecord;
  /** The archive's or layout's path, if it is one. */
  readonly path?: string;
  /** The description that was read, of a hybrid archive. */
  readonly half?: 'oci' | 'docker';
  /** Both descriptions of a hybrid archive, to be compared. */
  readonly halves?: Halves;
}

/** How a location is opened. */
export interface OpenOptions extends CallOptions, NamingOptions {
  /** The catalog that names are looked up in. */
  readonly place: CatalogPlace;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Opens standard input, for `-`. */
  readonly stdin: () => Bytes;
  /** Opens the engine; called only for `docker-daemon:`. */
  readonly engine: () => Promise<Engine>;
  /** Location of content that the images lack: the archive that a delta was made against. */
  readonly base?: string | undefined;
  /** How to reach registries. */
  readonly registry?: RegistryFlags | undefined;
  /** Folder of the cache for images from registries; no cache when omitted. */
  readonly cache?: string | undefined;
  /** `false` reads layers from the cache, but adds none to it. */
  readonly keeps?: boolean | undefined;
}

/** A location that is not a compressed archive. */
const PLAIN = { compression: 'none', notices: [] } as const;

/** Known from other tools; these are refused with a reason rather than read as references. */
const ELSEWHERE = /^(containers-storage:|containerd:|dir:)/;

/**
 * Opens a location, written as on the command line: `-`, a path, a name of the catalog, a reference, or one of skopeo's
 * prefixes (`docker-archive:`, `oci-archive:`, `oci:`, `docker-daemon:`, `docker://`), or `store:`. The kind of an archive
 * is told by its content.
 *
 * @throws ImageError NOT_FOUND, USAGE, INVALID, CORRUPT, UNSUPPORTED
 * @example
 * const { place } = workspace;
 * const engine = () => openEngine(workspace);
 * const { source } = await openLocation('./app.tar', { place, cwd, stdin: () => process.stdin, engine });
 */
export async function openLocation(text: string, options: OpenOptions): Promise<Opened> {
  const { base, ...others } = options;
  if (options.repository !== undefined) parseReference(`${options.repository}:tag`);
  const opened = await openOne(text, others);
  if (base === undefined) return opened;
  try {
    const { source } = await openOne(base, others);
    return { ...opened, source: withBase(opened.source, source) };
  } catch (error) {
    await opened.source[Symbol.asyncDispose]();
    throw error;
  }
}

async function openOne(text: string, options: OpenOptions): Promise<Opened> {
  const { place } = options;
  if (text === '-')
    return openPipedArchive('-', options.stdin(), { ...options, spoolFolder: spoolFolder(place) });
  const remote = await referenceIn(text, options);
  if (remote !== undefined) return openReference(remote, options);
  const { prefix, rest } = splitPrefix(text);
  if (prefix === 'docker-daemon') return openEngineImage(rest, options);
  const store = join(place.state, 'store');
  if (prefix === 'store')
    return { source: new FileStore(store), kind: 'store', ...PLAIN, reference: rest };
  const { path, ...reference } = await pathOf(text, options);
  return { ...(await openPath(path, options)), ...reference };
}

/**
 * Where a location is on disk, and which of its images is meant: `PATH`, a prefix with `PATH`, `PATH:NAME` or
 * `PATH@DIGEST`, or a name of the catalog.
 *
 * @throws ImageError NOT_FOUND, USAGE (it is no path)
 */
export async function pathOf(
  text: string,
  { place, cwd }: Pick<OpenOptions, 'place' | 'cwd'>,
): Promise<{ readonly path: string; readonly reference?: string }> {
  const { prefix, rest } = splitPrefix(text);
  if (prefix !== undefined) {
    // What is there as a whole is a path, whatever it looks like.
    const whole = resolve(cwd, expanded(rest));
    const { path, ...reference } = splitName(rest);
    return (await exists(whole))
      ? { path: whole }
      : { path: resolve(cwd, expanded(path)), ...reference };
  }
  if (ELSEWHERE.test(text)) {
    throw new ImageError(
      'USAGE',
      `${text}: expected a path, -, a name of the catalog, docker-daemon:, docker:// or store:, got another kind of location`,
    );
  }
  if (isPath(text) || (await exists(resolve(cwd, text))))
    return { path: resolve(cwd, expanded(text)) };
  if (parseName(text)) return { path: await pathOfName(text, place) };
  throw new ImageError(
    'NOT_FOUND',
    `${text}: expected a file, a folder or a name of the catalog, got none`,
    {
      location: text,
      hint: `For an engine's image write docker-daemon:${text}, for one of a registry docker://${text}.`,
    },
  );
}

/**
 * The reference that a location is: with `docker://`, or what can be nothing else here. A conventional name and what
 * looks like a file are none: they never go to the network.
 */
export async function referenceIn(
  text: string,
  { cwd }: Pick<OpenOptions, 'cwd'>,
): Promise<string | undefined> {
  if (text.startsWith(REPOSITORY)) return text.slice(REPOSITORY.length);
  if (!looksRemote(text) || (await exists(resolve(cwd, text)))) return undefined;
  return text;
}

/** Opens the repository of a reference. @throws ImageError USAGE */
export async function openReference(
  reference: string,
  { registry, cache, keeps, limits }: Pick<OpenOptions, 'registry' | 'cache' | 'keeps' | 'limits'>,
): Promise<Opened> {
  const { registry: host, repository } = parseReference(reference);
  const open = async (): Promise<Source> => {
    // Its HTTP client takes longer to load than most archives to look at.
    const { openRepository } = await import('./distribution/open-repository.js');
    return openRepository(reference, registry);
  };
  const location = `${REPOSITORY}${host}/${repository}`;
  const source =
    cache === undefined ? await open() : new CachedSource(cache, { location, limits, open, keeps });
  return { source, kind: 'repository', ...PLAIN, reference };
}

async function openEngineImage(
  reference: string,
  { engine, place, signal }: OpenOptions,
): Promise<Opened> {
  const used = await engine();
  const source = await used.source(reference, { spoolFolder: spoolFolder(place), signal });
  return { source, kind: 'engine', ...PLAIN, reference };
}

async function pathOfName(name: string, place: CatalogPlace): Promise<string> {
  const entries = await readCatalog(place);
  const entry = entries.find((each) => each.name === name);
  if (entry) return archivePath(place, entry.file);
  const meant = didYouMean(
    name,
    entries.map((each) => each.name),
  );
  throw new ImageError(
    'NOT_FOUND',
    `${name}: expected an image of the catalog, got none of that name`,
    {
      location: name,
      hint: `${meant === undefined ? '' : `${meant} `}stowage ls shows what is there; nx run <project>:image-save makes it.`,
    },
  );
}

async function openPath(path: string, options: OpenOptions): Promise<Opened> {
  const { place } = options;
  if ((await statIfThere(path))?.isDirectory())
    return { source: await openLayout(path, options), kind: 'layout', ...PLAIN, path };
  // Beside archives elsewhere nothing is renamed or deleted.
  if (isBelow(place.folder, path) && (await isHalfDone(path))) {
    const name = basename(path, ARCHIVE_SUFFIX);
    await withLock(lockPath(place, name), () => heal({ folder: place.folder, path }));
  }
  const record = await readRecord(path);
  const opened = await openArchive(path, { ...options, spoolFolder: spoolFolder(place) });
  if (!record) return { ...opened, path };
  const [digests, names]: [string[], string[]] = [[], []];
  for await (const { descriptor, reference } of opened.source.list()) {
    digests.push(descriptor.digest);
    if (reference !== undefined) names.push(reference);
  }
  if (digests.includes(record.digest)) {
    const refused = disagreement(record, path, names);
    if (!refused) return { ...opened, path, record };
    await opened.source[Symbol.asyncDispose]();
    throw refused;
  }
  await opened.source[Symbol.asyncDispose]();
  // Another process may have put a new archive and its record there, one after the other.
  if ((await isHalfDone(path)) || (await readRecord(path))?.digest !== record.digest)
    return openPath(path, options);
  throw new ImageError(
    'CORRUPT',
    `${path}: expected ${record.digest} as its record says, got ${shortList(digests) || 'no image'}`,
    {
      location: path,
      hint: 'Somebody replaced the archive. Save the image again, or delete its .image.json to accept what is there.',
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return (await statIfThere(path)) !== undefined || (await sumsOf(path)) !== undefined;
}
