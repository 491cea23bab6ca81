import { posix } from 'node:path';
import { badPattern, matchesChar, parsePattern, type Token } from './ignore-pattern.js';

/** Whether `.dockerignore` excludes a path of the context, and how to go on below it. */
export interface IgnoreState {
  readonly isIgnored: boolean;
  /** Returns the state of an entry of this folder. */
  readonly enter: (name: string) => IgnoreState;
}

export interface IgnoreRules {
  /** The state of the context itself. */
  readonly root: IgnoreState;
  /** Whether any rule is an exception (`!pattern`), which may include files below an ignored folder. */
  readonly hasExceptions: boolean;
  /** Number of comparisons of a token with a character so far; for tests of the time bound. */
  readonly steps: () => number;
}

interface Rule {
  readonly tokens: readonly Token[];
  readonly isException: boolean;
  /** The turn in which each state was last entered; a turn enters each state once. */
  readonly entered: Int32Array;
}

/**
 * Progress of matching one rule: the active states, or `matched` if this path or a parent folder matched. State `2n` is
 * before token n; `2n+1` is inside a path segment consumed by `folders` token n.
 */
type Progress = readonly number[] | 'matched';

/**
 * Parses `.dockerignore` with Docker's rules, which differ from git's. The last rule that matches a path or a parent
 * folder decides. Each rule is a nondeterministic automaton whose active states are passed down the tree, so the time per
 * character of a path is at most proportional to the length of the pattern.
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
  const start = rules.map((rule) => enterState(rule, 0, [], ++work.turn));
  const stateOf = (progress: readonly Progress[], isRoot: boolean): IgnoreState => {
    const last = rules.findLast((_, at) => progress[at] === 'matched');
    // Nothing below changes the progress: often all rules are about other folders.
    const isFinal = progress.every((each) => each === 'matched' || each.length === 0);
    const state: IgnoreState = {
      isIgnored: last !== undefined && !last.isException,
      enter: (name) => {
        if (isFinal) return state;
        const chars = [...(isRoot ? name : `/${name}`)];
        const next = rules.map((rule, at) => advance(rule, progress[at] ?? [], { chars, work }));
        return stateOf(next, false);
      },
    };
    return state;
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
  if (written === '' && isException) throw badPattern(line, 'a pattern after "!"');
  if (written === '') return [];
  const isWindows = platform === 'win32';
  const path = posix.normalize(isWindows ? written.replaceAll('\\', '/') : written);
  const pattern = path === '/' ? path : path.replace(/^\//, '').replace(/\/$/, '').trim();
  const tokens = parsePattern(pattern, !isWindows);
  return [{ tokens, isException, entered: new Int32Array(2 * tokens.length + 2) }];
}

interface AdvanceInput {
  readonly chars: readonly string[];
  readonly work: { steps: number; turn: number };
}

/** Advances the states of a rule over characters of a path. */
function advance(rule: Rule, progress: Progress, { chars, work }: AdvanceInput): Progress {
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
      if (token?.kind === 'folders')
        enterState(rule, char === '/' ? 2 * at : 2 * at + 1, next, turn);
      else if (token && matchesChar(token, char))
        enterState(rule, 2 * (isRepetition(token) ? at : at + 1), next, turn);
    }
    active = next;
    if (active.length === 0) break;
  }
  return active.includes(2 * tokens.length) ? 'matched' : active;
}

/** Adds a state and the states reachable from it without consuming a character. @returns all states of the turn */
function enterState(
  { tokens, entered }: Rule,
  first: number,
  states: number[],
  turn: number,
): number[] {
  for (let state = first; entered[state] !== turn; state += 2) {
    entered[state] = turn;
    states.push(state);
    const token = tokens[state >> 1];
    if (state % 2 === 1 || !token || !isRepetition(token)) break;
  }
  return states;
}

function isRepetition({ kind }: Token): boolean {
  return kind === 'star' || kind === 'folders' || kind === 'all';
}
