import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../engine.js';
import { writeMessage } from './protobuf.js';
import { readBuild } from './read-build.js';

const PLACE = { location: 'docker-daemon:unix:///s', host: 'unix:///s', reference: 'app:latest' };

/** What Docker 28.5 (`failing`) and 29.9 (`built`) sent. */
function recorded(file: string) {
  return createReadStream(join(import.meta.dirname, '../../../../testing/buildkit', file));
}

async function* lines(...messages: object[]): AsyncIterable<string> {
  for (const message of messages) yield `${JSON.stringify(message)}\n`;
}

const trace = (message: Buffer) => ({
  id: 'moby.buildkit.trace',
  aux: message.toString('base64'),
});

/** The progress of a step that failed. */
const failing = (name: string) =>
  trace(writeMessage({ 1: writeMessage({ 1: 'a', 3: name, 7: 'no' }) }));

describe('a build with BuildKit', () => {
  it('reports its steps, and ends with the ID of the image', async () => {
    const events: EngineEvent[] = [];
    const onEvent = (event: EngineEvent) => void events.push(event);
    const id = await readBuild(recorded('built.jsonl'), { ...PLACE, onEvent });
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(events.map(({ type, text }) => `${type}: ${text}`)).toEqual([
      'engine: [internal] load remote build context',
      'engine: copy /context /',
      'step: COPY busybox /bin/busybox',
      'engine: nothing to do: it is in the cache',
      'step: RUN ["/bin/busybox","sh","-c","echo one; echo two >&2"]',
      'engine: one',
      'engine: two',
      'engine: exporting to image',
    ]);
  });

  it('fails with the step, its last lines, and how to look into it', async () => {
    const failed = readBuild(recorded('failing.jsonl'), PLACE);
    await expect(failed).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(
        /^docker-daemon:unix:\/\/\/s: step stage-1 2\/3 \(RUN \[.*"echo before; exit 3"\]\): .*exit code: 3\nbefore$/s,
      ) as string,
      hint: expect.stringMatching(
        /open a shell: docker -H unix:\/\/\/s run --rm -it --entrypoint \/bin\/sh app:latest$/,
      ) as string,
    });
  });

  it.each([
    [
      'resolve image config for docker-image://docker.io/docker/dockerfile:1',
      /written in docker\.io\/docker\/dockerfile:1 .*Load it into the engine first/,
    ],
    [
      '[internal] load metadata for docker.io/library/debian:12',
      /^Load docker\.io\/library\/debian:12 into the engine first/,
    ],
  ])('that fails at %s names the image to load', async (name, hint) => {
    const answer = lines(failing(name), { errorDetail: { message: 'failed to solve: no' } });
    await expect(readBuild(answer, PLACE)).rejects.toMatchObject({
      code: 'INVALID',
      message: 'docker-daemon:unix:///s: failed to solve: no',
      hint: expect.stringMatching(hint) as string,
    });
  });

  it('on a base for another platform stops at the warning', async () => {
    const why = 'Base image a:1 was pulled with platform "linux/amd64", expected "linux/arm64"';
    const warning = writeMessage({ 4: writeMessage({ 3: `InvalidBaseImagePlatform: ${why}` }) });
    const answer = lines(trace(warning), { aux: { ID: 'sha256:1' } });
    await expect(readBuild(answer, PLACE)).rejects.toMatchObject({
      code: 'INVALID',
      message: `docker-daemon:unix:///s: ${why}`,
    });
    const other = writeMessage({ 4: writeMessage({ 3: 'JSONArgsRecommended: x' }) });
    expect(await readBuild(lines(trace(other), { aux: { ID: 'sha256:1' } }), PLACE)).toBe(
      'sha256:1',
    );
  });

  it('shows no secret that a step prints', async () => {
    const log = trace(writeMessage({ 3: writeMessage({ 1: 'a', 4: 'my s3cret\n' }) }));
    const shown: string[] = [];
    const onEvent = ({ text }: EngineEvent) => void shown.push(text);
    const answer = lines(log, failing('[1/1] RUN cat'), { error: 'no' });
    const redact = (text: string) => text.replaceAll('s3cret', '***');
    await expect(readBuild(answer, { ...PLACE, redact, onEvent })).rejects.toMatchObject({
      message: 'docker-daemon:unix:///s: step 1/1 (RUN cat): no\nmy ***',
    });
    expect(shown).toEqual(['my ***']);
  });

  it('that fails before any step has no hint', async () => {
    await expect(readBuild(lines({ error: 'no Dockerfile' }), PLACE)).rejects.toMatchObject({
      message: 'docker-daemon:unix:///s: no Dockerfile',
      hint: undefined,
    });
  });

  it('that ends without an image has no ID', async () => {
    expect(await readBuild(lines({ stream: 'done' }), PLACE)).toBeUndefined();
  });

  it('with progress that cannot be read is refused', async () => {
    await expect(readBuild(lines({ ...trace(Buffer.from([0x0a])) }), PLACE)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('the progress of the build') as string,
    });
  });
});
