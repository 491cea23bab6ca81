import { ImageError } from '../errors.js';
import { isDeviceName } from '../oci/file-name.js';
import { compilerOfWord, formatCompiler, type Compiler } from './compiler.js';

/** The parts of a conventional name, `<project>-<os>-<variant>`. */
export interface ImageName {
  readonly project: string;
  /** `<distribution>-<version>`. */
  readonly os: string;
  readonly variant: string;
}

/** A valid file name everywhere, and a valid repository component, at this length with its longest suffix. */
const NAME_LIMIT = 128;
const WORDS = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
const OS = /^[a-z][a-z0-9]*-[a-z0-9]+(?:\.[a-z0-9]+)*$/;
const DISTRIBUTIONS: ReadonlySet<string> = new Set([
  'almalinux',
  'alpine',
  'amazonlinux',
  'arch',
  'busybox',
  'centos',
  'debian',
  'distroless',
  'fedora',
  'gentoo',
  'opensuse',
  'oracle',
  'photon',
  'rhel',
  'rocky',
  'scratch',
  'ubi',
  'ubuntu',
  'void',
  'windows',
  'wolfi',
]);

/** @throws ImageError NAMING, with the nearest valid name as its hint */
export function formatName(parts: ImageName): string {
  const name = joined(parts);
  const { project, os, variant } = parts;
  if (isFileName(name) && WORDS.test(project) && OS.test(os) && WORDS.test(variant)) return name;
  throw refuse(name, nearestName(name) ?? nearest(parts));
}

/**
 * Takes a name apart. A project may contain dashes: the known project names decide where it ends, then
 * the known distributions, then the first `<word>-<number>`.
 *
 * @returns undefined when `name` does not follow the convention
 */
export function parseName(name: string, projects: readonly string[] = []): ImageName | undefined {
  if (!isFileName(name) || !WORDS.test(name)) return undefined;
  const words = name.split('-');
  const known = projects
    .filter((project) => name.startsWith(`${project}-`))
    .sort((a, b) => b.length - a.length)
    .map((project) => partsAt(words, project.split('-').length));
  return (
    known.find((parts) => parts !== undefined) ??
    firstParts(words, (distribution) => DISTRIBUTIONS.has(distribution)) ??
    firstParts(words, (_, version) => /^[0-9]/.test(version))
  );
}

function isFileName(name: string): boolean {
  return name.length <= NAME_LIMIT && !isDeviceName(name);
}

function firstParts(
  words: readonly string[],
  isOs: (distribution: string, version: string) => boolean,
): ImageName | undefined {
  for (let at = 1; at < words.length - 2; at++) {
    const parts = isOs(words[at] ?? '', words[at + 1] ?? '') ? partsAt(words, at) : undefined;
    if (parts) return parts;
  }
  return undefined;
}

/** The parts of a name whose operating system begins at a word; each needs at least one. */
function partsAt(words: readonly string[], at: number): ImageName | undefined {
  const os = `${words[at] ?? ''}-${words[at + 1] ?? ''}`;
  if (at < 1 || at > words.length - 3 || !OS.test(os)) return undefined;
  return { project: words.slice(0, at).join('-'), os, variant: words.slice(at + 2).join('-') };
}

/** @throws ImageError NAMING, with the nearest valid name as its hint */
export function checkName(name: string, projects: readonly string[] = []): ImageName {
  const parts = parseName(name, projects);
  if (parts) return parts;
  throw refuse(name, nearestName(name));
}

/** The valid name that a person most likely meant; undefined when parts are missing. */
export function nearestName(text: string): string | undefined {
  const name = cleaned(text)
    .slice(0, NAME_LIMIT)
    .replace(/[.-]+$/, '');
  return parseName(name) ? name : undefined;
}

/** `ubuntu:25.04` and `ubuntu-25.04` are the same operating system. */
export function normalizeOs(os: string): string {
  return os.replace(':', '-');
}

/** Whether this is a Linux distribution that we know, with a version. */
export function isKnownOs(os: string): boolean {
  const [distribution = ''] = os.split('-');
  return (
    OS.test(os) &&
    /^[^-]+-[0-9]/.test(os) &&
    DISTRIBUTIONS.has(distribution) &&
    distribution !== 'windows'
  );
}

/** Words that only say that there is nothing to say. */
const PLAIN: ReadonlySet<string> = new Set(['base', 'default', 'plain']);

/** The compiler that a variant begins with, if it does. */
export function compilerOf(variant: string): Compiler | undefined {
  return compilerOfWord(variant.split('-')[0] ?? '');
}

/** The words of a variant after its compiler: `gcc15-asan` has the feature `asan`. */
export function featuresOf(variant: string): string[] {
  const words = variant.split('-');
  return (compilerOf(variant) ? words.slice(1) : words).filter((word) => !PLAIN.has(word));
}

/** The variant that has a compiler and features; the parser's inverse. */
export function variantOf(compiler: Compiler | undefined, features: readonly string[]): string {
  const words = [...(compiler ? [formatCompiler(compiler)] : []), ...features];
  return words.length === 0 ? 'base' : words.join('-');
}

function nearest(parts: ImageName): string | undefined {
  return nearestName(
    joined({
      project: cleaned(parts.project),
      os: cleaned(parts.os),
      variant: cleaned(parts.variant),
    }),
  );
}

function joined({ project, os, variant }: ImageName): string {
  return `${project}-${os}-${variant}`;
}

/** What is looked at of a text that should be a name, and what is shown of it (characters). */
const LOOKED_AT = 1024;

/** The nearest text that may be part of a name; empty where nothing is left. */
export function cleaned(text: string): string {
  const words = text
    .slice(0, LOOKED_AT)
    .toLowerCase()
    .split(/[^a-z0-9.]+/)
    .map((word) => joinedWithout('.', word));
  return joinedWithout('-', words.join('-'));
}

/** A text without separators at its ends, or two in a row. */
function joinedWithout(separator: string, text: string): string {
  return text
    .split(separator)
    .filter((part) => part !== '')
    .join(separator);
}

function refuse(name: string, proposal: string | undefined): ImageError {
  return new ImageError(
    'NAMING',
    `name: expected <project>-<distribution>-<version>-<variant> in lower-case letters, digits, "." and "-", got ${JSON.stringify(name.slice(0, LOOKED_AT))}`,
    {
      hint:
        proposal === undefined || proposal === name
          ? 'For example app-ubuntu-25.04-gcc15.'
          : `The nearest valid name is ${proposal}.`,
    },
  );
}
