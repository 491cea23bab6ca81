import {
  formatCompiler,
  isCompiler,
  parseCompiler,
  type Compiler,
} from '../definition/compiler.js';
import { canonicalOs } from '../definition/distributions.js';
import { compilerOf, featuresOf, normalizeOs, parseName } from '../definition/name.js';
import type { Requirements } from '../definition/requirements.js';
import { parsePlatform } from '../oci/platform.js';
import type { EntryYaml } from './yaml/entry.js';
import type { EntryState } from './reconcile.js';

/** An entry of the catalog, or an image definition in the same form, to be compared with requirements. */
export type Candidate = Omit<EntryYaml, 'docker_tag' | 'pinned' | 'digest' | 'size_mb'> & {
  readonly state?: EntryState;
};

/** How well an archive meets the requirements of a job. */
export interface Score {
  /** 0: unusable; 70: usable as a base for a build; 100: usable as it is. */
  readonly essential: 0 | 70 | 100;
  /** 10 for each required package and 20 for each required tool that the image has. */
  readonly extra: number;
}

/** A candidate with its score. */
export interface Match<T extends Candidate> {
  readonly candidate: T;
  readonly score: Score;
  /** Why it is not the best; for the best, whether it fits and what it lacks. */
  readonly reason: string;
}

/**
 * Ranks candidates for a job, best first: by score, then the latest `last_used`, the highest `usage_count`,
 * the smallest size, the name, the file. Pure; the result does not depend on the order of `candidates`.
 */
export function rank<T extends Candidate>(
  candidates: readonly T[],
  requirements: Requirements,
): Match<T>[] {
  const judged = candidates.map((candidate) => ({
    candidate,
    ...judge(candidate, requirements),
    used: Date.parse(candidate.last_used ?? '') || 0,
  }));
  judged.sort(
    (a, b) =>
      b.score.essential - a.score.essential ||
      b.score.extra - a.score.extra ||
      b.used - a.used ||
      (b.candidate.usage_count ?? 0) - (a.candidate.usage_count ?? 0) ||
      sizeOf(a.candidate) - sizeOf(b.candidate) ||
      compare(a.candidate.name, b.candidate.name) ||
      compare(a.candidate.file, b.candidate.file),
  );
  const [first] = judged;
  return judged.map(({ candidate, score, reason }) => ({
    candidate,
    score,
    reason:
      candidate === first?.candidate || !first
        ? reason
        : whyNotBest(first, { candidate, score, reason }),
  }));
}

type Judgement = Pick<Match<Candidate>, 'score' | 'reason'>;

function judge(candidate: Candidate, requirements: Requirements): Judgement {
  const unfit = whyUnfit(candidate, requirements);
  if (unfit !== undefined) return { score: { essential: 0, extra: 0 }, reason: unfit };
  const { packages, tools } = requirements;
  const lacked = packages.filter((each) => !candidate.packages?.includes(each));
  const lackedTools = tools.filter((each) => !candidate.tools?.includes(each));
  const lacks = [...lacked, ...lackedTools];
  const differs = whyOnlyBase(candidate, requirements);
  const missing = lacks.length === 0 ? '' : `; it lacks ${lacks.join(', ')}`;
  return {
    score: {
      essential: differs === undefined ? 100 : 70,
      extra: 10 * (packages.length - lacked.length) + 20 * (tools.length - lackedTools.length),
    },
    reason: `${differs ?? 'it fits'}${missing}`,
  };
}

/** Why a candidate is usable only as a base for a build; undefined when it is usable as it is. */
function whyOnlyBase(candidate: Candidate, { features, compiler }: Requirements) {
  const own = featuresIn(candidate);
  if (own.length !== features.length)
    return `its features are ${formatFeatures(own)}, not ${formatFeatures(features)}`;
  const compilers = compilersOf(candidate);
  if (!compiler || compilers.some((each) => isCompiler(each, compiler))) return undefined;
  const names = [...new Set(compilers.map(formatCompiler))].join(', ') || 'unknown';
  return `its compiler is ${names}, not ${formatCompiler(compiler)}`;
}

/** Why a candidate is unusable; undefined when it is usable. */
function whyUnfit(candidate: Candidate, wanted: Requirements): string | undefined {
  if (candidate.state === 'missing') return 'its archive is gone';
  if (candidate.state === 'elsewhere') return 'its archive is outside the workspace';
  if (candidate.state === 'invalid') return 'its entry in the catalog cannot be read';
  if (candidate.state === 'changed') return 'its archive is not the one its record describes';
  const os =
    candidate.os === undefined
      ? parseName(candidate.name)?.os
      : normalizeOs(candidate.os.toLowerCase());
  if (os === undefined || canonicalOs(os) !== canonicalOs(wanted.os))
    return `it is for ${os ?? 'an unknown system'}, not ${wanted.os}`;
  const architectures = (candidate.architecture?.split(',') ?? []).map(architectureOf);
  if (!architectures.includes(wanted.architecture))
    return `it is for ${architectures.join(', ') || 'an unknown architecture'}, not ${wanted.architecture}`;
  // A build on this image could not remove a feature that is not required.
  const own = featuresIn(candidate);
  return own.every((each) => wanted.features.includes(each))
    ? undefined
    : `its features are ${formatFeatures(own)}, not ${formatFeatures(wanted.features)}`;
}

function featuresIn({ name, variants }: Candidate): readonly string[] {
  if (variants?.length === 0) return variants;
  const all = variants ?? featuresOf(parseName(name)?.variant ?? 'base');
  return [...new Set(all.map((each) => each.toLowerCase()))];
}

function whyNotBest(
  first: Judgement & { candidate: Candidate; used: number },
  match: Match<Candidate>,
): string {
  const { score, candidate, reason } = match;
  if (score.essential === 0 || score.essential < first.score.essential) return reason;
  if (score.extra < first.score.extra)
    return `${reason}; scores ${score.extra} for packages and tools, the best ${first.score.extra}`;
  if ((Date.parse(candidate.last_used ?? '') || 0) < first.used)
    return 'as good, but used longer ago';
  if ((candidate.usage_count ?? 0) < (first.candidate.usage_count ?? 0))
    return 'as good, but used less often';
  return sizeOf(candidate) > sizeOf(first.candidate)
    ? 'as good, but larger'
    : 'as good, but later by name';
}

/** The compilers that an entry lists, else the one in its name. */
function compilersOf({ name, compilers }: Candidate): Compiler[] {
  const said = (compilers ?? []).flatMap((each) => parseCompiler(each) ?? []);
  if (said.length > 0) return said;
  const named = compilerOf(parseName(name)?.variant ?? 'base');
  return named ? [named] : [];
}

function architectureOf(text: string): string {
  if (text === 'amd64' || text === 'arm64') return text;
  try {
    return parsePlatform(`linux/${text.trim()}`).architecture;
  } catch {
    return text;
  }
}

function formatFeatures(features: readonly string[]): string {
  return features.length === 0 ? 'none' : features.join(', ');
}

function sizeOf({ size }: Candidate): number {
  return size ?? Infinity;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
