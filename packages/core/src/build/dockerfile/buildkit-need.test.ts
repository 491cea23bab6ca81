import { describe, expect, it } from 'vitest';
import { firstBuildKitNeed, firstDocument } from './buildkit-need.js';

describe('a Dockerfile needs BuildKit', () => {
  it.each<[string, readonly string[], number, string]>([
    ['for a script', ['FROM a', 'RUN <<EOF', 'echo', 'EOF'], 2, 'RUN with a here-document'],
    ['for a file', ['FROM a', 'COPY <<-"E" /x', 'FROM b', 'E'], 2, 'COPY with a here-document'],
    ['for a mount', ['FROM a', '', 'RUN --mount=type=cache,target=/c ls'], 3, 'RUN --mount'],
    ['for a later flag', ['FROM a', 'copy --chown=1 --link x y'], 2, 'COPY --link'],
    [
      'for a flag on a continued line',
      ['FROM a', 'ADD \\', '--checksum=x y z'],
      2,
      'ADD --checksum',
    ],
    ['for a trigger', ['FROM a', 'ONBUILD RUN --network=none ls'], 2, 'RUN --network'],
    ['for its own platform', ['FROM --platform=$BUILDPLATFORM a'], 1, '$BUILDPLATFORM'],
    ['for the target', ['FROM a', 'ARG TARGETARCH', 'RUN get ${TARGETARCH}'], 3, '$TARGETARCH'],
  ])('%s', (_, lines, line, what) => {
    expect(firstBuildKitNeed(lines.join('\n'), {})).toEqual({ line, what });
  });

  it.each<[string, readonly string[], Record<string, string>]>([
    ['of flags of the command', ['FROM a', 'RUN tool --mount=x --network=y'], {}],
    [
      'of a flag that all builders have',
      ['FROM --platform=linux/amd64 a', 'COPY --from=b x y'],
      {},
    ],
    ['of a comment', ['FROM a', '# RUN --mount=type=cache ls'], {}],
    ['of a syntax', ['# syntax=docker/dockerfile:1', 'FROM a'], {}],
    ['of text that is no here-document', ['FROM a', 'RUN echo $((1 <<3)) <<EOF'], {}],
    ['of an argument that is given', ['FROM --platform=$BUILDPLATFORM a'], { BUILDPLATFORM: 'x' }],
    ['of an argument with a default', ['ARG TARGETARCH=amd64', 'FROM a:$TARGETARCH'], {}],
    ['of a default in the stage', ['FROM a', 'ARG TARGETARCH=x', 'RUN get $TARGETARCH'], {}],
    ['of a fallback', ['FROM a', 'ARG TARGETARCH', 'RUN get ${TARGETARCH:-amd64}'], {}],
    ['of a variable that is no argument', ['FROM a', 'RUN TARGETARCH=x; get $TARGETARCH'], {}],
  ])('not because %s', (_, lines, args) => {
    expect(firstBuildKitNeed(lines.join('\n'), args)).toBeUndefined();
  });

  it('as far as older versions of buildah are concerned, for a here-document alone', () => {
    const flags = ['FROM a', 'RUN --mount=type=cache,target=/c ls', 'RUN <<E', 'E'];
    expect(firstDocument(flags.join('\n'))).toEqual({ line: 3, what: 'RUN with a here-document' });
    expect(firstDocument('FROM a')).toBeUndefined();
  });
});
