import { expect, it } from 'vitest';
import { parseDefinition } from '../definition/definition.js';
import { unpinnedImages } from './unpinned.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';
const PIN = `@sha256:${'1'.repeat(64)}`;

function unpinned(yaml: string, dockerfile?: string, hasBaseDigest = false): string[] {
  const definition = parseDefinition({ text: `${HEAD}${yaml}`, path: 'image.yaml' });
  return unpinnedImages({ definition, dockerfile, hasBaseDigest });
}

it.each<[string, string, boolean, string[]]>([
  ['no base', '', false, []],
  ['a base with a digest in the text', `base: debian:12${PIN}`, false, []],
  ['a base that is locked, or an image of the workspace', 'base: debian:12', true, []],
  ['a base by its name', 'base: debian:12', false, ['debian:12']],
])('%s', (_, yaml, hasBaseDigest, expected) => {
  expect(unpinned(yaml, undefined, hasBaseDigest)).toEqual(expected);
});

it.each<[string, string, string[]]>([
  ['FROM', 'FROM debian:12\n', ['debian:12']],
  ['FROM with a digest', `FROM debian:12${PIN}\n`, []],
  [
    'lower case, a platform and a stage',
    `from --platform=linux/amd64 alpine as a\nFROM a\n`,
    ['alpine'],
  ],
  ['scratch', 'FROM scratch\n', []],
  [
    'COPY from a stage, by name and by number',
    `FROM scratch AS One\nCOPY --from=one /a /\nCOPY --from=0 /a /\n`,
    [],
  ],
  ['COPY from an image', 'FROM scratch\nCOPY --chown=1 --from=busybox:1 /a /\n', ['busybox:1']],
  ['a mount', 'FROM scratch\nRUN --mount=type=bind,from=golang:1,target=/x true\n', ['golang:1']],
  ['the syntax', '# syntax=docker/dockerfile:1\nFROM scratch\n', ['docker/dockerfile:1']],
  ['the syntax with a digest', `# syntax=docker/dockerfile:1${PIN}\nFROM scratch\n`, []],
  ['the syntax after another directive', '# escape=`\n# syntax = a/b\nFROM scratch\n', ['a/b']],
  ['an ARG with a default', 'ARG V=12\nFROM debian:${V}-slim\n', ['debian:12-slim']],
  ['an ARG with quotes', `ARG I="debian:12${PIN}"\nFROM $I\n`, []],
  ['an ARG from the definition', 'ARG IMAGE=x\nFROM ${IMAGE}\n', ['alpine:3']],
  ['a default in the variable', 'ARG NONE\nFROM ${NONE:-debian}\n', ['debian']],
  ['a variable without a value', 'FROM $NOWHERE\n', ['$NOWHERE']],
  ['continued lines', 'FROM \\\n  # why\n  debian:12\n', ['debian:12']],
  ['continued after an empty line', 'FROM scratch\nCOPY \\\n\n --from=a /b /\n', ['a']],
  ['a here-document', 'FROM scratch\nRUN <<EOF\nFROM debian\nEOF\nCOPY --from=a /b /\n', ['a']],
  ['no end of a here-document', 'FROM scratch\nRUN cat <<EOF\nCOPY --from=a /b /\n', ['a']],
  ['a here-string', 'FROM scratch\nRUN cat <<< "x"\nCOPY --from=a /b /\nRUN x\nx\n', ['a']],
  ['a shift', 'FROM scratch\nRUN echo $((1<<2))\nCOPY --from=a /b /\n2\n', ['a']],
  ['escape that is no directive', 'FROM scratch\n# escape=`\nFROM \\\n b\n', ['b']],
  ['a comment', '# FROM debian\nFROM scratch\n', []],
  ['an image twice', 'FROM a\nFROM a\n', ['a']],
  ['an unlocked base', 'ARG BASE\nFROM ${BASE}\n', ['debian:12']],
])('a Dockerfile: %s', (_, dockerfile, expected) => {
  const yaml = 'dockerfile: Dockerfile\nbase: debian:12\nargs: { IMAGE: alpine:3 }\n';
  expect(unpinned(yaml, dockerfile)).toEqual(expected);
});

it('takes the syntax that an argument names', () => {
  const yaml = 'dockerfile: Dockerfile\nargs: { BUILDKIT_SYNTAX: "a/b:1" }\n';
  expect(unpinned(yaml, `# syntax=x${PIN}\nFROM scratch\n`)).toEqual(['a/b:1']);
});

it('takes the digest of a locked base for the variable in the Dockerfile', () => {
  const yaml = 'dockerfile: Dockerfile\nbase: debian:12\n';
  expect(unpinned(yaml, 'ARG BASE\nFROM $BASE\nFROM other\n', true)).toEqual(['other']);
});

it('takes a further context for the files that it is', () => {
  const text = 'FROM shared\nCOPY --from=Shared /a /\nCOPY --from=other /b /\n';
  const yaml = 'dockerfile: D\nbuild_contexts: { shared: ../shared }\n';
  expect(unpinned(yaml, text)).toEqual(['other']);
});
