import { describe, expect, it } from 'vitest';
import { readDockerStream } from './docker-stream.js';

async function* chunks(...texts: string[]): AsyncIterable<string> {
  yield* texts;
}

const AT = { location: 'x', host: 'x' };

describe("an engine's response", () => {
  it('is reported line by line, wherever chunks end', async () => {
    const seen: string[] = [];
    const options = {
      location: 'x',
      host: 'x',
      onEvent: ({ text }: { text: string }) => void seen.push(text),
    };
    await readDockerStream(
      chunks('{"stream":"Step 1/2 : FR', 'OM x\\n"}\n{"status":"Loading', ' layer","id":"abc"}\n'),
      options,
    );
    expect(seen).toEqual(['FROM x', 'Loading layer abc']);
  });

  it('fails at an error line, with the step, its last lines, and a command to inspect it', async () => {
    const answer = readDockerStream(
      chunks(
        '{"stream":"Step 1/2 : FROM x"}\n{"stream":" ---> 0123456789ab\\n"}\n',
        '{"stream":"Step 2/2 : RUN make"}\n{"stream":"no rule"}\n{"error":"returned a non-zero code: 1"}\n',
      ),
      { location: 'podman:unix:///s', host: 'unix:///s' },
    );
    await expect(answer).rejects.toMatchObject({
      code: 'INVALID',
      hint: 'A shell right before this step: docker -H unix:///s run --rm -it 0123456789ab /bin/sh',
    });
    await expect(answer).rejects.toThrow(
      /step 2\/2 \(RUN make\): returned a non-zero code: 1\nno rule$/,
    );
  });

  it('has the steps of podman, too', async () => {
    const seen: string[] = [];
    const onEvent = ({ text }: { text: string }) => void seen.push(text);
    await readDockerStream(chunks('{"stream":"STEP 1/2: FROM x\\n"}'), { ...AT, onEvent });
    expect(seen).toEqual(['FROM x']);
  });

  it('names the image of a build', async () => {
    const ended = await readDockerStream(chunks('{"aux":{"ID":"sha256:1"}}\n{"aux":1}'), AT);
    expect(ended).toEqual({ imageId: 'sha256:1', recent: [] });
    expect(await readDockerStream(chunks('{"stream":"done"}'), AT)).toEqual({ recent: ['done'] });
  });

  it.each([
    ['{"errorDetail":{"message":"new"},"error":"old"}', 'new'],
    ['{"errorDetail":{"message":"new"}}', 'new'],
    ['{"errorDetail":{},"error":"old"}', 'old'],
    ['{"errorDetail":{"message":""},"error":"old"}', 'old'],
    ['{"error":"old"}', 'old'],
  ])('that is %s fails with %s', async (line, message) => {
    await expect(readDockerStream(chunks(line), AT)).rejects.toMatchObject({
      code: 'INVALID',
      message: `x: ${message}`,
    });
  });
});
