import { basename, join } from 'node:path';
import { checkAgreement, olderArchive } from './catalog/agreement.js';
import { healArchive, hasPartialRecord, readRecord } from './catalog/commit.js';
import { archivePath, lockPath, readCatalog, spoolFolder } from './catalog/file.js';
import type { CatalogPlace } from './catalog/locate.js';
import { ARCHIVE_SUFFIX, type ImageRecord } from './catalog/record.js';
import { openArchive, openPipedArchive, type ArchiveKind } from './archive/open-archive.js';
import type { Compression } from './compression/detect.js';
import { didYouMean } from './definition/did-you-mean.js';
import { parseName } from './definition/name.js';
import { statIfExists } from './disk/allocated.js';
import { isBelow } from './disk/paths/inside.js';
import { withLock } from './disk/lock.js';
import type { Engine } from './engine/engine.js';
import { addForeignLayers } from './distribution/add-foreign-layers.js';
import type { RegistryLoginOptions } from './distribution/open-repository.js';
import { ImageError, shortList } from './errors.js';
import {
  absolutePath,
  parseLocation,
  type FileLocation,
  type Location,
  type NameLocation,
  type RepositoryLocation,
} from './location.js';
import { nothingThere } from './location-form.js';
import type { NamingOptions } from './oci/layout.js';
import type { PlatformChoice } from './oci/platform.js';
import { parseRepository } from './oci/reference.js';
import { CachedSource } from './store/cached-source.js';
import { FileStore } from './store/file-store.js';
import type { Surroundings } from './surroundings.js';
import { openLayout } from './store/layout-dir.js';
import type { Halves } from './transfer/halves.js';
import type { Bytes, CallOptions, Source } from './transfer/store.js';
import { withBase } from './transfer/with-base.js';
import { verb, wording } from './wording.js';

/** The kind of a location. */
export type LocationKind = ArchiveKind | 'layout' | 'store' | 'engine' | 'repository';

/** Images at a location, open for reading. Dispose its `source`. */
export interface Opened {
  readonly source: Source;
  readonly kind: LocationKind;
  readonly compression: Compression;
  readonly notices: readonly string[];
  /** The name or digest of the image, when the location has one. */
  readonly reference?: string;
  /** The archive's record, if it has one. */
  readonly record?: ImageRecord;
  /** The archive's or layout's path, if it is one. */
  readonly path?: string;
  /** For a hybrid archive (both formats): the description that was read. */
  readonly half?: 'oci' | 'docker';
  /** For a hybrid archive: both descriptions, for comparing them. */
  readonly halves?: Halves;
}

/** Options for opening a location. */
export interface OpenOptions extends CallOptions, NamingOptions {
  /** The catalog to look up names in. */
  readonly place: CatalogPlace;
  /** Base folder of relative paths. */
  readonly cwd: string;
  /** The surroundings of the workspace. */
  readonly surroundings: Surroundings;
  /** Opens standard input, for `-`; when omitted, `-` is refused. */
  readonly stdin?: (() => Bytes) | undefined;
  /** Opens the engine; called only for `docker-daemon:`. */
  readonly engine: () => Promise<Engine>;
  /** For a delta: locations of the archives it was made against, which have the missing content. */
  readonly base?: string | readonly string[] | undefined;
  /** Options for connecting and logging in to registries. */
  readonly registry?: RegistryLoginOptions | undefined;
  /** Folder of the cache for images from registries; no cache when omitted. */
  readonly cache?: string | undefined;
  /** `false` reads layers from the cache but adds none to it. */
  readonly keeps?: boolean | undefined;
  /** The platforms to ask an engine for; those that are there when omitted. */
  readonly platforms?: PlatformChoice | undefined;
  /** Fetch foreign layers from the `urls` of their descriptors; those that the location lacks are left out when omitted. */
  readonly foreignLayers?: boolean | undefined;
}

const UNCOMPRESSED = { compression: 'none', notices: [] } as const;

/**
 * Opens a location for reading, in any of the forms that locations have. The kind of an archive is detected from its content.
 *
 * @throws ImageError NOT_FOUND, USAGE, INVALID, CORRUPT, UNSUPPORTED
 * @example
 * const { place, surroundings } = workspace;
 * const engine = () => openEngine(workspace);
 * const { source } = await openLocation('./app.tar', { place, surroundings, cwd, engine });
 */
export async function openLocation(text: string, options: OpenOptions): Promise<Opened> {
  return openParsed(await parseLocation(text, options), options);
}

/** Opens a location that was parsed as a source. @throws ImageError as {@link openLocation} */
export async function openParsed(location: Location, options: OpenOptions): Promise<Opened> {
  const { base, platforms, ...others } = options;
  if (options.repository !== undefined) parseRepository(options.repository);
  const opened = await openOne(location, { ...others, platforms });
  let { source } = opened;
  try {
    for (const each of base === undefined ? [] : [base].flat())
      source = withBase(source, (await openLocation(each, others)).source);
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
  // A source of a registry has them already.
  const isWhole = !options.foreignLayers || opened.kind === 'repository';
  return { ...opened, source: isWhole ? source : await addForeignLayers(source, options) };
}

async function openOne(location: Location, options: OpenOptions): Promise<Opened> {
  const { place, stdin, surroundings } = options;
  switch (location.kind) {
    case 'pipe':
      if (!stdin) throw new ImageError('USAGE', '-: there is no standard input here');
      return openPipedArchive(location.text, stdin(), {
        ...options,
        spoolFolder: spoolFolder(place),
      });
    case 'repository':
      return openReference(location, options);
    case 'engine':
      return openEngineImage(location.reference, options);
    case 'store': {
      const source = new FileStore(join(place.state, 'store'), surroundings);
      return { source, kind: 'store', ...UNCOMPRESSED, reference: location.reference };
    }
    case 'archive':
    case 'layout': {
      const opened = await openPath(await pathOf(location, options), options);
      const { reference } = location;
      return reference === undefined ? opened : { ...opened, reference };
    }
    case 'name':
      return openPath(await pathOf(location, options), options);
  }
}

/** The absolute path of a location on disk. @throws ImageError NOT_FOUND (no such name in the catalog) */
export async function pathOf(
  location: FileLocation | NameLocation,
  { place, cwd, surroundings }: Pick<OpenOptions, 'place' | 'cwd' | 'surroundings'>,
): Promise<string> {
  if (location.kind !== 'name') return absolutePath(location.path, { cwd, surroundings });
  const { text } = location;
  if (parseName(text)) return pathOfName(text, place);
  throw nothingThere(text);
}

/** An image of a registry, open for reading. */
export interface OpenedReference extends Opened {
  /** The cache that it is read through, if any: how many bytes it fetched so far. */
  readonly cached?: { readonly received: number };
}

/** Opens the repository of a reference. @throws ImageError USAGE */
export async function openReference(
  { reference, parsed: { registry: host, repository } }: RepositoryLocation,
  options: Pick<
    OpenOptions,
    'registry' | 'cache' | 'keeps' | 'limits' | 'foreignLayers' | 'surroundings'
  >,
): Promise<OpenedReference> {
  const { registry, cache, keeps, limits, foreignLayers, surroundings } = options;
  const open = async (): Promise<Source> => {
    // Loaded on demand: loading the HTTP client takes longer than inspecting most archives.
    const { openRepository } = await import('./distribution/open-repository.js');
    const source = await openRepository(reference, registry, surroundings);
    return foreignLayers ? addForeignLayers(source, options) : source;
  };
  const opened = { kind: 'repository', ...UNCOMPRESSED, reference } as const;
  if (cache === undefined) return { ...opened, source: await open() };
  const location = `docker://${host}/${repository}`;
  const cached = new CachedSource(cache, { location, limits, open, keeps, foreignLayers });
  return { ...opened, source: cached, cached };
}

async function openEngineImage(
  reference: string,
  { engine, place, signal, platforms }: OpenOptions,
): Promise<Opened> {
  const used = await engine();
  const notices: string[] = [];
  const onNotice = (text: string): void => void notices.push(text);
  const reading = { spoolFolder: spoolFolder(place), signal, platforms, onNotice };
  const source = await used.source(reference, reading);
  return { source, kind: 'engine', ...UNCOMPRESSED, notices, reference };
}

async function pathOfName(name: string, place: CatalogPlace): Promise<string> {
  const entries = await readCatalog(place);
  const entry = entries.find((each) => each.name === name && each.file !== '');
  if (entry) return archivePath(place, entry.file);
  const names = entries.map((each) => each.name);
  const suggestion = didYouMean(name, names);
  throw new ImageError('NOT_FOUND', `${name}: no image of this name in the catalog`, {
    location: name,
    hint: wording`${suggestion === undefined ? '' : `${suggestion} `}${verb('list')} lists the images; nx run <project>:image-save creates one.`,
  });
}

async function openPath(path: string, options: OpenOptions): Promise<Opened> {
  const { place } = options;
  if ((await statIfExists(path))?.isDirectory())
    return { source: await openLayout(path, options), kind: 'layout', ...UNCOMPRESSED, path };
  // Outside the folder of the catalog nothing is renamed or deleted.
  if (isBelow(place.folder, path) && (await hasPartialRecord(path))) {
    const name = basename(path, ARCHIVE_SUFFIX);
    await withLock(lockPath(place, name), () => healArchive({ place, path }));
  }
  const record = await readRecord(path);
  const opened = await openArchive(path, { ...options, spoolFolder: spoolFolder(place) });
  if (!record) return { ...opened, path };
  const [digests, names]: [string[], string[]] = [[], []];
  for await (const { descriptor, reference } of opened.source.list()) {
    digests.push(descriptor.digest);
    if (reference !== undefined) names.push(reference);
  }
  const isHeld = digests.includes(record.digest);
  const refused = isHeld ? checkAgreement(record, path, names) : undefined;
  if (isHeld && !refused) return { ...opened, path, record };
  await opened.source[Symbol.asyncDispose]();
  if (refused) throw refused;
  // Another process may be replacing the archive and its record, one after the other: read both again.
  if ((await hasPartialRecord(path)) || (await readRecord(path))?.digest !== record.digest)
    return openPath(path, options);
  if (place.isShared) throw olderArchive(path, record, digests);
  throw new ImageError(
    'CORRUPT',
    `${path}: its record names ${record.digest}, but it has ${shortList(digests) || 'no image'}`,
    {
      location: path,
      hint: 'The archive was replaced. Save the image again, or delete its .image.json to accept the new archive.',
    },
  );
}
