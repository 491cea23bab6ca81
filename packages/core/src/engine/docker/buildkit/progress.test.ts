import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../../oci/json.js';
import { BuildProgress } from './progress.js';
import { writeMessage } from './protobuf.js';

/** The traces that Docker 28.5 sent for a build whose second RUN fails. */
function recorded(file: string): string[] {
  const path = join(import.meta.dirname, '../../../../testing/buildkit', file);
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const message: unknown = line === '' ? undefined : JSON.parse(line);
      return isObject(message) && typeof message['aux'] === 'string' ? [message['aux']] : [];
    });
}

function readAll(progress: BuildProgress, trace: string): void {
  for (const _ of progress.read(trace));
}

describe('the progress of BuildKit', () => {
  it('names each step once, with its output', () => {
    const progress = new BuildProgress();
    expect(recorded('failing.jsonl').flatMap((trace) => [...progress.read(trace)])).toEqual([
      { type: 'engine', text: '[internal] load remote build context' },
      { type: 'engine', text: 'copy /context /' },
      { type: 'step', subject: 'step tools 1/1', text: 'COPY busybox /bin/busybox' },
      { type: 'engine', text: 'nothing to do: it is in the cache' },
      expect.objectContaining({ type: 'step', subject: 'step stage-1 1/3' }),
      { type: 'engine', text: 'two' },
      { type: 'engine', text: 'one' },
      { type: 'engine', text: 'whole' },
      expect.objectContaining({ type: 'step', subject: 'step stage-1 2/3' }),
      { type: 'engine', text: 'before' },
    ]);
  });

  it('knows the step that failed, with its last lines', () => {
    const progress = new BuildProgress();
    for (const trace of recorded('failing.jsonl')) readAll(progress, trace);
    expect(progress.failedWith('failed to solve: x')).toMatchObject({
      name: '[stage-1 2/3] RUN ["/bin/busybox","sh","-c","echo before; exit 3"]',
      recent: ['before'],
    });
  });

  it('tells the step that failed from those that were stopped because of it', () => {
    const progress = new BuildProgress();
    const vertex = (digest: string, error: string) =>
      writeMessage({ 1: writeMessage({ 1: digest, 3: `name of ${digest}`, 7: error }) });
    const trace = Buffer.concat([vertex('a', 'context canceled'), vertex('b', 'exit code: 1')]);
    readAll(progress, trace.toString('base64'));
    expect(progress.failedWith('failed to solve: exit code: 1')?.name).toBe('name of b');
    expect(progress.failedWith('something else')?.name).toBe('name of a');
    expect(new BuildProgress().failedWith('x')).toBeUndefined();
  });

  it('says which steps are in the cache', () => {
    const progress = new BuildProgress();
    const events = recorded('cached.jsonl').flatMap((trace) => [...progress.read(trace)]);
    const at = events.findIndex(({ text }) => text === 'COPY busybox /bin/busybox');
    expect(events[at + 1]).toEqual({ type: 'engine', text: 'nothing to do: it is in the cache' });
  });

  it('joins lines that arrive in pieces, of each stream apart, and keeps the last twenty', () => {
    const progress = new BuildProgress();
    const log = (stream: number, message: string) =>
      writeMessage({ 3: writeMessage({ 1: 'sha256:a', 3: stream, 4: message }) }).toString(
        'base64',
      );
    const read = (trace: string) => [...progress.read(trace)].map(({ text }) => text);
    expect(read(log(1, 'ha'))).toEqual([]);
    expect(read(log(2, 'other\n'))).toEqual(['other']);
    expect(read(log(1, 'lf\n\nnext\n'))).toEqual(['half', 'next']);
    read(log(1, Array.from({ length: 30 }, (_, n) => `${n}\n`).join('')));
    const error = writeMessage({ 1: writeMessage({ 1: 'sha256:a', 7: 'failed' }) });
    read(error.toString('base64'));
    expect(progress.failedWith('failed')?.recent).toEqual(
      Array.from({ length: 20 }, (_, n) => String(n + 10)),
    );
  });

  it('refuses a message that is cut short', () => {
    const whole = Buffer.from(recorded('failing.jsonl')[0] ?? '', 'base64');
    const cut = whole.subarray(0, -1).toString('base64');
    expect(() => [...new BuildProgress().read(cut)]).toThrow(RangeError);
  });
});
