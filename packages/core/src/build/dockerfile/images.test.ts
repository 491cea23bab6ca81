import { describe, expect, it } from 'vitest';
import { imagesOfDockerfile } from './images.js';

const of = (lines: readonly string[], args = {}) => imagesOfDockerfile(lines.join('\n'), args);

describe('the images of a Dockerfile', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['each FROM', ['FROM a:1', 'FROM --platform=linux/amd64 b:1 AS x'], ['a:1', 'b:1']],
    ['each once', ['FROM a:1 AS x', 'FROM a:1 AS y'], ['a:1']],
    ['no stage', ['FROM a:1 AS Build', 'FROM build', 'COPY --from=BUILD x y'], ['a:1']],
    ['no stage by number', ['FROM a:1', 'COPY --from=0 x y'], ['a:1']],
    ['nothing of scratch', ['FROM scratch'], []],
    ['those that files are copied from', ['FROM scratch', 'COPY --from=b:1 x y'], ['b:1']],
    [
      'those that are mounted',
      ['FROM scratch', 'RUN --mount=type=bind,from=b:1,target=/x ls', 'RUN --mount=from=c:1 ls'],
      ['b:1', 'c:1'],
    ],
    ['the frontend', ['# syntax=docker/dockerfile:1', 'FROM scratch'], ['docker/dockerfile:1']],
    [
      'the frontend after another directive',
      ['# check=skip=all', '# syntax = d:1', 'FROM scratch'],
      ['d:1'],
    ],
    ['nothing of comments', ['# FROM x', 'FROM a:1', '  # COPY --from=y'], ['a:1']],
    ['continued lines', ['FROM \\', '# why', 'a:1 \\', 'AS x', 'FROM x'], ['a:1']],
    ['lines with another escape', ['# escape=`', 'FROM `', 'a:1'], ['a:1']],
    [
      'nothing of a here-document',
      ['FROM a:1', 'RUN <<EOF', 'FROM b:1', 'EOF', 'COPY --from=c:1 x y'],
      ['a:1', 'c:1'],
    ],
    ['small letters', ['from a:1 as x', 'copy --from=b:1 x y'], ['a:1', 'b:1']],
    ['quoted references', ['FROM "a:1"'], ['a:1']],
    ['lines that end as on Windows', ['FROM a:1 AS x\r', 'FROM x\r'], ['a:1']],
    ['nothing of an empty file', [''], []],
  ])('are %s', (_, lines, expected) => {
    expect(of(lines)).toEqual(expected);
  });
});

describe('a variable', () => {
  it.each<[string, Record<string, string>, string]>([
    ['$A', { A: 'a:1' }, 'a:1'],
    ['${A}', { A: 'a:1' }, 'a:1'],
    ['a:${V}', {}, 'a:2'],
    ['a:${Q}', {}, 'a:two words'],
    ['a:${V}', { V: '3' }, 'a:3'],
    ['a:${NONE:-4}', {}, 'a:4'],
    ['a:${NONE-4}', {}, 'a:4'],
    ['a:${NONE}', {}, 'a:${NONE}'],
  ])('%s with %j is %s', (reference, args, expected) => {
    const head = ['ARG A', 'ARG V=2', 'ARG Q="two words"'];
    expect(of([...head, `FROM ${reference}`], args)).toEqual([expected]);
  });

  it('of a stage does not reach a later FROM', () => {
    expect(of(['FROM a:1', 'ARG V=2', 'FROM b:${V}'])).toEqual(['a:1', 'b:${V}']);
  });
});
