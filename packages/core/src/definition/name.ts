import { ImageError } from '../errors.js';
import { isDeviceName } from '../oci/file-name.js';
import { compilerOfWord, formatCompiler, type Compiler } from './compiler.js';
import { DISTRIBUTION_NAMES } from './distributions.js';

/** The parts of a conventional name, `<project>-<os>-<variant>`. */
export interface ImageName {
  readonly project: string;
  /** `<distribution>-<version>`. */
  readonly os: string;
  readonly variant: string;
}

/** Longest name (characters): with its longest suffix, still a file name on every system and a repository component. */
const MAX_NAME_LENGTH = 128;
const WORDS = /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/;
const OS = /^[a-z][a-z0-9]*-[a-z0-9]+(?:\.[a-z0-9]+)*$/;
const DISTRIBUTIONS: ReadonlySet<string> = new Set([...DISTRIBUTION_NAMES, 'windows']);

/** @throws ImageError NAMING, with the nearest valid name as its hint */
export function formatName(parts: ImageName): string {
  const name = joinParts(parts);
  const { project, os, variant } = parts;
  if (isFileName(name) && WORDS.test(project) && OS.test(os) && WORDS.test(variant)) return name;
  throw refuse(name, nearestName(name) ?? nearestOfParts(parts));
}

/**
 * Parses a name. A project may contain dashes: the known project names decide where it ends, then
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
  return name.length <= MAX_NAME_LENGTH && !isDeviceName(name);
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

/** The parts of a name whose operating system begins at a word; undefined if a part would be empty. */
function partsAt(words: readonly string[], at: number): ImageName | undefined {
  const os = `${words[at] ?? ''}-${words[at + 1] ?? ''}`;
  if (at < 1 || at > words.length - 3 || !OS.test(os)) return undefined;
  return { project: words.slice(0, at).join('-'), os, variant: words.slice(at + 2).join('-') };
}

/** Parses a name that must be valid. @throws ImageError NAMING, with the nearest valid name as its hint */
export function checkName(name: string, projects: readonly string[] = []): ImageName {
  const parts = parseName(name, projects);
  if (parts) return parts;
  throw refuse(name, nearestName(name));
}

/** The valid name that a person most likely meant; undefined when parts are missing. */
export function nearestName(text: string): string | undefined {
  const name = normalizeWords(text)
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[.-]+$/, '');
  const nearest = isDeviceName(name) ? name.replace('.', '-') : name;
  return parseName(nearest) ? nearest : undefined;
}

/** `ubuntu:25.04` and `ubuntu-25.04` are the same operating system. */
export function normalizeOs(os: string): string {
  return os.replace(':', '-');
}

/** Words of a variant that stand for no feature. */
const NEUTRAL_WORDS: ReadonlySet<string> = new Set(['base', 'default', 'plain']);

/** The compiler at the beginning of a variant, if there is one. */
export function compilerOf(variant: string): Compiler | undefined {
  return compilerOfWord(variant.split('-')[0] ?? '');
}

/** The words of a variant after its compiler: `gcc15-asan` has the feature `asan`. */
export function featuresOf(variant: string): string[] {
  const words = variant.split('-');
  return (compilerOf(variant) ? words.slice(1) : words).filter((word) => !NEUTRAL_WORDS.has(word));
}

/** The variant of a compiler and features; inverse of {@link compilerOf} and {@link featuresOf}. */
export function variantOf(compiler: Compiler | undefined, features: readonly string[]): string {
  const words = [...(compiler ? [formatCompiler(compiler)] : []), ...features];
  return words.length === 0 ? 'base' : words.join('-');
}

function nearestOfParts(parts: ImageName): string | undefined {
  return nearestName(
    joinParts({
      project: normalizeWords(parts.project),
      os: normalizeWords(parts.os),
      variant: normalizeWords(parts.variant),
    }),
  );
}

function joinParts({ project, os, variant }: ImageName): string {
  return `${project}-${os}-${variant}`;
}

/** How much of an invalid name is processed and shown (characters). */
const MAX_SHOWN = 1024;

/** Converts a text to the nearest valid part of a name; empty if nothing is left. */
export function normalizeWords(text: string): string {
  const words = text
    .slice(0, MAX_SHOWN)
    .toLowerCase()
    .split(/[^a-z0-9.]+/)
    .map((word) => collapseSeparators('.', word));
  return collapseSeparators('-', words.join('-'));
}

/** Removes separators at both ends, and repeated ones. */
function collapseSeparators(separator: string, text: string): string {
  return text
    .split(separator)
    .filter((part) => part !== '')
    .join(separator);
}

function refuse(name: string, proposal: string | undefined): ImageError {
  return new ImageError(
    'NAMING',
    `name: expected ${expectationFor(name)}, got ${JSON.stringify(name.slice(0, MAX_SHOWN))}`,
    {
      hint:
        proposal === undefined || proposal === name
          ? 'For example app-ubuntu-25.04-gcc15.'
          : `The nearest valid name is ${proposal}.`,
    },
  );
}

/** The rule of names that a refused name breaks. */
function expectationFor(name: string): string {
  if (isDeviceName(name)) return 'a name that Windows does not keep for a device';
  if (name.length > MAX_NAME_LENGTH) return `at most ${MAX_NAME_LENGTH} characters`;
  return '<project>-<distribution>-<version>-<variant> in lower-case letters, digits, "." and "-"';
}
