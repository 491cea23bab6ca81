import { verb, wording, type Wording } from '../wording.js';

/** A file that is not an image archive: what it looks like, and what to do with it. */
export interface OtherKind {
  readonly what: string;
  readonly hint: string | Wording;
}

/** Tars recognized by the names of their members; checked first, because some contain a `manifest.json`. */
const BUNDLES: readonly (OtherKind & { readonly isIt: (names: ReadonlySet<string>) => boolean })[] =
  [
    {
      isIt: (names) =>
        some(names, /^docker\/registry\/v2\//) &&
        (names.has('images.yaml') || names.has('charts.yaml')),
      what: 'a mindthegap bundle',
      hint: 'mindthegap push bundle sends it to a registry; mindthegap serve bundle serves it as one.',
    },
  ];

const TARS: typeof BUNDLES = [
  {
    isIt: (names) => names.has('repositories') && some(names, /^[0-9a-f]{64}\/json$/),
    what: 'an archive of a Docker before 1.10, which wrote only repositories',
    hint: 'Load it with docker load of an old Docker (20.10 reads it), and save it again with docker save.',
  },
  {
    isIt: (names) =>
      names.has('.dockerenv') ||
      (some(names, /^etc\/(?:passwd|os-release)$/) && some(names, /^(?:usr|bin|sbin)\//)),
    what: "a container's file system, as docker export writes it",
    hint: 'docker import turns it into an image; docker save writes an image archive.',
  },
  {
    isIt: (names) => some(names, /^[^/]+\/Chart\.yaml$/),
    what: 'a Helm chart',
    hint: 'helm push sends it to a registry.',
  },
];

/** Recognizes a bundle of another tool by its member names; undefined for anything else. */
export function bundleOf(names: readonly string[]): OtherKind | undefined {
  const all = new Set(names);
  return BUNDLES.find(({ isIt }) => isIt(all));
}

/** Recognizes a tar that contains no image by its member names; undefined for anything else. */
export function knownTar(names: readonly string[]): OtherKind | undefined {
  const all = new Set(names);
  return TARS.find(({ isIt }) => isIt(all));
}

/** Describes a tar that contains no image, by its member names. */
export function tarOf(names: readonly string[]): OtherKind {
  const found = knownTar(names);
  if (found) return found;
  if (names.length === 0)
    return {
      what: 'an empty archive',
      hint: 'Its content was never written; save or fetch it again.',
    };
  const few = names.slice(0, 3).map((name) => JSON.stringify(name));
  return {
    what: `a tar of ${few.join(', ')}`,
    hint: wording`Make an image archive with docker save, podman save, skopeo copy or ${verb('save')}.`,
  };
}

/** Recognizes a file that is not a tar by its first characters; undefined when unknown. */
export function textOf(head: string): OtherKind | undefined {
  if (/^\s*\{/.test(head) && /"(?:diffIds|configDigest)"\s*:/.test(head))
    return {
      what: 'the record of an archive',
      hint: 'Open the archive itself: the .tar beside it.',
    };
  if (/^(?:#.*\n|\s)*images:/.test(head))
    return { what: 'a catalog', hint: wording`${verb('list')} lists what is in it.` };
  if (/^(?:#.*\n|\s)*project:/.test(head))
    return { what: 'a definition', hint: wording`${verb('build')} builds its image.` };
  if (head.startsWith('PK\u0003\u0004'))
    return { what: 'a zip file', hint: 'Unpack it first, and open the archive that is inside.' };
  return undefined;
}

function some(names: ReadonlySet<string>, pattern: RegExp): boolean {
  return [...names].some((name) => pattern.test(name));
}
