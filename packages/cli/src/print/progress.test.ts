import { PassThrough } from 'node:stream';
import type { LifecycleEvent } from '@stowage/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgress, type ProgressMode } from './progress.js';

beforeEach(() => {
  vi.useFakeTimers();
  // Vitest sets FORCE_COLOR, which gives colours without a terminal.
  vi.stubEnv('FORCE_COLOR', undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const descriptor = { mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 1 } as const;
const start: LifecycleEvent = { type: 'start', bytes: 3_000_000, nodes: 1 };
const some: LifecycleEvent = { type: 'progress', descriptor, bytes: 1_000_000 };
const step: LifecycleEvent = { type: 'step', subject: 'app', text: 'building' };
const notice: LifecycleEvent = { type: 'notice', text: 'mind this' };

function show(mode: ProgressMode) {
  const lines: string[] = [];
  const stderr = new PassThrough();
  stderr.write = (text: string) => lines.push(text.trimEnd()) > 0;
  return { lines, ...createProgress(mode, stderr as unknown as NodeJS.WriteStream) };
}

it('prints only notices when the work is done within a second', () => {
  const { lines, onEvent, done } = show('auto');
  for (const event of [step, start, some, notice]) onEvent(event);
  done();
  vi.advanceTimersByTime(5000);
  expect(lines).toEqual(['note: mind this']);
});

it('prints all lines and the progress when the work takes longer', () => {
  const { lines, onEvent } = show('auto');
  for (const event of [step, start, some]) onEvent(event);
  vi.advanceTimersByTime(6000);
  onEvent(some);
  onEvent(some);
  expect(lines).toEqual(['app: building', '  moving 2.9 MB', '  1.9 MB of 2.9 MB']);
});

it('prints lines at once as plain, events as JSON, and nothing as none', () => {
  const [plain, json, none] = [show('plain'), show('json'), show('none')];
  for (const { onEvent } of [plain, json, none]) onEvent(step);
  expect(plain.lines).toEqual(['app: building']);
  expect(json.lines.map((line) => JSON.parse(line) as unknown)).toEqual([step]);
  expect(none.lines).toEqual([]);
});

it('has one progress for images that move side by side', () => {
  const { lines, onEvent } = show('plain');
  for (const event of [start, start, some, some]) onEvent(event);
  vi.advanceTimersByTime(6000);
  for (const event of [some, some, some, some, start]) onEvent(event);
  expect(lines).toEqual(['  moving 2.9 MB', '  2.9 MB of 5.7 MB', '  moving 2.9 MB']);
});

it('the output of an engine is a section in the log of GitLab, and of GitHub', () => {
  const engine: LifecycleEvent = { type: 'engine', text: 'gcc -c a.c' };
  for (const [name, begin, end] of [
    ['GITLAB_CI', '\u001b[0Ksection_start:', '\u001b[0Ksection_end:'],
    ['GITHUB_ACTIONS', '::group::output of app', '::endgroup::'],
  ] as const) {
    vi.stubEnv(name, 'true');
    const { lines, onEvent, done } = show('plain');
    for (const event of [step, engine, engine, step, engine]) onEvent(event);
    done();
    vi.unstubAllEnvs();
    const kinds = lines.map((line) =>
      line.startsWith(begin) ? 'begin' : line.startsWith(end) ? 'end' : line.trim(),
    );
    const section = ['app: building', 'begin', 'gcc -c a.c', 'gcc -c a.c', 'end'];
    expect(kinds).toEqual([...section, 'app: building', 'begin', 'gcc -c a.c', 'end']);
  }
});
