import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../errors.js';
import { parseImageList } from './image-list.js';

const DIGEST = `sha256:${'a1'.repeat(32)}`;
const parse = (text: string) => parseImageList({ text, path: 'f' });
const images = (text: string) => parse(text).images.map(({ image }) => image);
function problem(text: string): { code: string; message: string } {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ImageError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected an ImageError');
}

describe('lists of references', () => {
  it('have one a line, with comments', () => {
    const text = `\uFEFF# images: of the release\r\n\r\nnginx:1.21.5\r\n  quay.io/a/b@${DIGEST}  # why: x\r\nnginx:1.21.5\nlocalhost:5000/c labels:x,y\n`;
    expect(images(text)).toEqual(['nginx:1.21.5', `quay.io/a/b@${DIGEST}`, 'localhost:5000/c']);
    expect(parse(text).images[0]).toEqual({
      image: 'nginx:1.21.5',
      reference: 'docker.io/library/nginx:1.21.5',
      usedBy: ['f:3', 'f:5'],
    });
  });

  it('name every wrong line', () => {
    expect(problem('a\nB\nc d\nquay.io/{{ .x }}\n')).toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(
        /^f:2: .*reference "B".*\nf:3: .*one reference.*\nf:4: .*template/,
      ) as string,
    });
  });

  it('may be empty', () => {
    expect(images('')).toEqual([]);
    expect(images('# none\n\n')).toEqual([]);
    expect(images('---\n---\n')).toEqual([]);
  });
});

describe('lists for bundles', () => {
  it('of mindthegap name tags and digests by registry and repository', () => {
    const text = `---
docker.io:
  images:
    nginx: [1.10, "1.21"]
    team/app:
      - ${DIGEST}
    none:
quay.io:
  tlsVerify: false
`;
    expect(parse(text).images.map(({ reference }) => reference)).toEqual([
      'docker.io/library/nginx:1.10',
      'docker.io/library/nginx:1.21',
      `docker.io/team/app@${DIGEST}`,
    ]);
    expect(parse(text).notices).toEqual([
      'f:7: docker.io/none has no tags: skipped',
      'f:9: not read: tlsVerify',
    ]);
    expect(problem('a.example.com:\n  images:\n    x: 1\n').message).toMatch(
      /^f:3: the tags of .* are not a list/,
    );
  });

  it('of hauler name images beside charts and files', () => {
    const text = `apiVersion: content.hauler.cattle.io/v1
kind: Images
metadata:
  name: release
  annotations: { hauler.dev/registry: mirror.example.com }
spec:
  images:
    - name: busybox
    - name: ghcr.io/hauler-dev/hauler:v1
      platform: linux/amd64
      key: key.pub
---
apiVersion: content.hauler.cattle.io/v1
kind: Charts
spec: { charts: [{ name: rancher, repoURL: "https://charts.example.com" }] }
`;
    expect(parse(text).images.map(({ reference, usedBy }) => [reference, ...usedBy])).toEqual([
      ['mirror.example.com/busybox:latest', 'Images/release'],
      ['ghcr.io/hauler-dev/hauler:v1', 'Images/release'],
    ]);
    expect(parse(text).notices).toEqual(['f:9: not read: platform, key']);
    expect(problem('kind: Images\nspec:\n  images:\n    - key: x\n').message).toMatch(/^f:4: /);
  });
});

const POD = 'kind: Pod\nspec:\n  containers:\n    - name: a\n      image: ';

describe('a file', () => {
  it.each([
    ['quoted', `${POD}"{{ .Values.image }}"\n`, 5],
    ['quoted, in a custom resource', 'kind: X\nspec:\n  image: "{{ .r }}/a:{{ .t }}"\n', 3],
    ['unquoted', `${POD}{{ .Values.image }}\n`, 5],
    ['two in a line', `${POD}{{ .Values.repo }}:{{ .Values.tag }}\n`, 5],
    ['quoted inside', `${POD}{{ .Values.image | default "x" }}\n`, 5],
    ['for another field', `${POD}a\n  replicas: {{ .Values.replicas }}\n`, 6],
    ['a block', `{{- if .Values.enabled }}\n${POD}a\n{{- end }}\n`, 1],
    ['a comment', `{{/* labels */}}\n${POD}a\n`, 1],
    ['an include', `${POD}a\n  {{- include "x" . | nindent 4 }}\n`, 6],
  ])('that is a template is refused: %s', (_, text, line) => {
    expect(problem(text)).toEqual({
      code: 'INVALID',
      message: expect.stringContaining(`f:${line}: a template with {{ … }}`) as string,
    });
  });

  it('may have braces in other texts', () => {
    expect(
      images(`${POD}a\n      args: ["{{inputs.x}}"]\n  script: |\n    {{ define "x" }}\n`),
    ).toEqual(['a']);
  });

  it.each([
    ['no YAML', 'a: [', 'f:1: '],
    ['an unknown kind', 'a: 1', 'f:1: this document is no list of images'],
    ['a list', '- a\n- b\n', 'f:1: this document is no list of images'],
    ['a wrong name', `${POD}Nope\n`, 'f:5: not the name of an image: reference "Nope"'],
    ['duplicate keys', `${POD}a\n      image: b\n`, 'f:6: Map keys must be unique'],
    ['an unknown anchor', `${POD}*x\n`, 'f:5: the alias *x has no anchor'],
    ['too many blanks', `a: ${' '.repeat(2000)}`, 'blanks'],
    ['brackets nested too deeply', '['.repeat(200_000), '400 levels'],
    ['lists nested too deeply', '- '.repeat(50_000), '400 levels'],
  ])('of %s is refused', (_, text, message) => {
    expect(problem(text)).toEqual({
      code: 'INVALID',
      message: expect.stringContaining(message) as string,
    });
  });

  it('of too many aliases is refused, of nested ones is read', () => {
    expect(problem(`kind: x\na: &a []\nb: [${'*a,'.repeat(600)}]`).message).toContain('aliases');
    const nested = Array.from(
      { length: 50 },
      (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`,
    );
    const text = `kind: x\na0: &a0 { image: a, args: [] }\n${nested.join('\n')}\nself: &self [*self]\n`;
    expect(images(text)).toEqual(['a']);
  });

  it('gives a notice for an unknown kind where asked', () => {
    const file = { text: `a: 1\n---\n${POD}b\n`, path: 'f' };
    expect(parseImageList(file, { skipUnknown: true })).toMatchObject({
      images: [{ image: 'b' }],
      notices: [expect.stringContaining('f:1: ')],
    });
  });

  it('of any content is read or refused with an ImageError', () => {
    const text = fc.constantFrom(
      ...[
        'kind',
        'services',
        'images',
        'image',
        'spec',
        'containers',
        'build',
        'include',
        'volumes',
      ],
      ...[
        'a.example.com',
        'Images',
        'nginx:1',
        '{{ x }}',
        '${A:-${B}}',
        '$',
        '&a',
        '*a',
        '<<',
        '!x',
      ],
    );
    const value = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        text,
        fc.constantFrom(null, true, 1.1),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    const unquoted = value.map((each) => JSON.stringify(each)?.replace(/"/g, ' ') ?? '');
    const lines = fc.array(fc.tuple(fc.nat(4), text, fc.constantFrom(': ', ':\n', '\n', ' ')));
    const block = lines.map((all) => all.map(([n, a, b]) => `${' '.repeat(n)}${a}${b}`).join(''));
    const any = fc.oneof(
      value.map((each) => JSON.stringify(each)),
      unquoted,
      block,
      fc.string(),
    );
    fc.assert(
      fc.property(any, (each) => {
        try {
          parse(each);
        } catch (error) {
          if (!(error instanceof ImageError)) throw error;
          expect(error.message).toMatch(/^f:\d+: /);
        }
      }),
      { numRuns: 300 },
    );
  });
});
