import { describe, expect, it } from 'vitest';
import { readDockerStream } from './docker-stream.js';

async function* chunks(...texts: string[]): AsyncIterable<string> {
  yield* texts;
}

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
});
