import {
  formatCompiler,
  isCompiler,
  parseCompiler,
  type Compiler,
} from '../definition/compiler.js';
import { compilerOf, featuresOf, normalizeOs, parseName } from '../definition/name.js';
import type { Requirements } from '../definition/requirements.js';
import { parsePlatform } from '../oci/platform.js';
import type { EntryYaml } from './entry.js';
import type { EntryState } from './reconcile.js';

/** What is compared with requirements: an entry of the catalog, or a definition in its words. */
export type Candidate = Omit<EntryYaml, 'docker_tag' | 'pinned' | 'digest' | 'size_mb'> & {
  readonly state?: EntryState;
};

/** How well an archive meets the requirements of a job. */
export interface Score {
  /** 0: of no use; 70: something to build on; 100: fits as it is. */
  readonly essential: 0 | 70 | 100;
  /** 10 for each required package, 20 for each required tool that is there. */
  readonly extra: number;
}

export interface Match<T extends Candidate> {
  readonly candidate: T;
  readonly score: Score;
  /** Why it is not the first; for the first, what it has and lacks. */
  readonly reason: string;
}

/**
 * Ranks candidates for a job, best first: by score, then the latest `last_used`, the highest `usage_count`,
 * the smallest size, the name. Pure, and the same for every order of `candidates`.
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
        : lostTo(first, { candidate, score, reason }),
  }));
}

type Judged = Pick<Match<Candidate>, 'score' | 'reason'>;

function judge(candidate: Candidate, requirements: Requirements): Judged {
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

/** Why a candidate can be built upon, but not used as it is; undefined when it can. */
function whyOnlyBase(candidate: Candidate, { features, compiler }: Requirements) {
  const own = featuresIn(candidate);
  if (own.length !== features.length)
    return `its features are ${listed(own)}, not ${listed(features)}`;
  const compilers = compilersOf(candidate);
  if (!compiler || compilers.some((each) => isCompiler(each, compiler))) return undefined;
  const names = [...new Set(compilers.map(formatCompiler))].join(', ') || 'unknown';
  return `its compiler is ${names}, not ${formatCompiler(compiler)}`;
}

/** Why a candidate scores nothing; undefined when it does. */
function whyUnfit(candidate: Candidate, wanted: Requirements): string | undefined {
  if (candidate.state === 'missing') return 'its archive is gone';
  if (candidate.state === 'elsewhere') return 'its archive is outside the workspace';
  if (candidate.state === 'changed') return 'its archive is not the one its record describes';
  const os =
    candidate.os === undefined
      ? parseName(candidate.name)?.os
      : normalizeOs(candidate.os.toLowerCase());
  if (os !== wanted.os) return `it is for ${os ?? 'an unknown system'}, not ${wanted.os}`;
  const architectures = (candidate.architecture?.split(',') ?? []).map(architectureOf);
  if (!architectures.includes(wanted.architecture))
    return `it is for ${architectures.join(', ') || 'an unknown architecture'}, not ${wanted.architecture}`;
  // A feature that nobody asked for cannot be taken out again.
  const own = featuresIn(candidate);
  return own.every((each) => wanted.features.includes(each))
    ? undefined
    : `its features are ${listed(own)}, not ${listed(wanted.features)}`;
}

function featuresIn({ name, variants }: Candidate): readonly string[] {
  if (variants?.length === 0) return variants;
  const all = variants ?? featuresOf(parseName(name)?.variant ?? 'base');
  return [...new Set(all.map((each) => each.toLowerCase()))];
}

function lostTo(
  first: Judged & { candidate: Candidate; used: number },
  match: Match<Candidate>,
): string {
  const { score, candidate, reason } = match;
  if (score.essential === 0 || score.essential < first.score.essential) return reason;
  if (score.extra < first.score.extra)
    return `${reason}; ${score.extra} for packages and tools, ${first.score.extra} there`;
  if ((Date.parse(candidate.last_used ?? '') || 0) < first.used)
    return 'as good, but used longer ago';
  if ((candidate.usage_count ?? 0) < (first.candidate.usage_count ?? 0))
    return 'as good, but used less often';
  return sizeOf(candidate) > sizeOf(first.candidate)
    ? 'as good, but larger'
    : 'as good; the name decided';
}

/** What is said of an image; else what its name says. */
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

function listed(features: readonly string[]): string {
  return features.length === 0 ? 'none' : features.join(', ');
}

function sizeOf({ size }: Candidate): number {
  return size ?? Infinity;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
