import { posix } from 'node:path';
import { parsePattern, takes, type Token } from './ignore-pattern.js';

/** What `.dockerignore` says of a path of the context, and of what is below it. */
export interface IgnoreState {
  readonly isIgnored: boolean;
  /** The state of an entry of this folder. */
  readonly enter: (name: string) => IgnoreState;
}

export interface IgnoreRules {
  /** The state of the context itself. */
  readonly root: IgnoreState;
  /** Whether something below an ignored folder may be brought in again. */
  readonly hasExceptions: boolean;
  /** How many pairs of a pattern's element and a character were compared so far. */
  readonly steps: () => number;
}

interface Rule {
  readonly tokens: readonly Token[];
  readonly isException: boolean;
  /** When each state was last entered; the states of one turn are entered once. */
  readonly entered: Int32Array;
}

/**
 * Where matching a rule has come to: states, or that a folder above matched already. State `2n` is before token n; `2n+1`
 * is within a segment that a `folders` token n has begun.
 */
type Progress = readonly number[] | 'matched';

/**
 * Reads `.dockerignore`: Docker's rules, which are not git's. The last rule that matches a path, or a folder above it,
 * decides. Each rule is a set of positions that is carried down the tree: the time is at most the length of the pattern
 * for each character of a name, whatever the pattern is.
 *
 * @throws ImageError INVALID (a pattern)
 */
export function parseIgnoreRules(
  text: string,
  platform: NodeJS.Platform = process.platform,
): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line) => parseRule(line, platform));
  const work = { steps: 0, turn: 0 };
  const start = rules.map((rule) => enter(rule, 0, [], ++work.turn));
  const stateOf = (progress: readonly Progress[], isRoot: boolean): IgnoreState => {
    const last = rules.findLast((_, at) => progress[at] === 'matched');
    return {
      isIgnored: last !== undefined && !last.isException,
      enter: (name) => {
        const chars = [...(isRoot ? name : `/${name}`)];
        const next = rules.map((rule, at) => advance(rule, progress[at] ?? [], { chars, work }));
        return stateOf(next, false);
      },
    };
  };
  return {
    root: stateOf(start, true),
    hasExceptions: rules.some(({ isException }) => isException),
    steps: () => work.steps,
  };
}

function parseRule(line: string, platform: NodeJS.Platform): Rule[] {
  if (line.startsWith('#')) return [];
  const trimmed = line.trim();
  const isException = trimmed.startsWith('!');
  const written = (isException ? trimmed.slice(1) : trimmed).trim();
  if (written === '') return [];
  const isWindows = platform === 'win32';
  const path = posix.normalize(isWindows ? written.replaceAll('\\', '/') : written);
  const pattern = path === '/' ? path : path.replace(/^\//, '').replace(/\/$/, '');
  const tokens = parsePattern(pattern, !isWindows);
  return [{ tokens, isException, entered: new Int32Array(2 * tokens.length + 2) }];
}

interface Feed {
  readonly chars: readonly string[];
  readonly work: { steps: number; turn: number };
}

/** Feeds characters to a rule. */
function advance(rule: Rule, progress: Progress, { chars, work }: Feed): Progress {
  if (progress === 'matched' || progress.length === 0) return progress;
  const { tokens } = rule;
  let active = progress;
  for (const char of chars) {
    const next: number[] = [];
    const turn = ++work.turn;
    for (const state of active) {
      work.steps++;
      const at = state >> 1;
      const token = tokens[at];
      if (token?.kind === 'folders') enter(rule, char === '/' ? 2 * at : 2 * at + 1, next, turn);
      else if (token && takes(token, char))
        enter(rule, 2 * (repeats(token) ? at : at + 1), next, turn);
    }
    active = next;
    if (active.length === 0) break;
  }
  return active.includes(2 * tokens.length) ? 'matched' : active;
}

/** Adds a state, and those that are reached from it without a character. @returns all states of the turn */
function enter({ tokens, entered }: Rule, first: number, states: number[], turn: number): number[] {
  for (let state = first; entered[state] !== turn; state += 2) {
    entered[state] = turn;
    states.push(state);
    const token = tokens[state >> 1];
    if (state % 2 === 1 || !token || !repeats(token)) break;
  }
  return states;
}

function repeats({ kind }: Token): boolean {
  return kind === 'star' || kind === 'folders' || kind === 'all';
}
