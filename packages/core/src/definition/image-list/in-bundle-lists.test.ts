import { describe, expect, it } from 'vitest';
import { addHaulerImages, addMindthegapImages, isHauler, isMindthegap } from './in-bundle-lists.js';
import { ListContent } from './list-content.js';
import { readDocuments, type MapValue } from './yaml-value.js';

function mapOf(text: string, content = new ListContent('x')): MapValue {
  const [value] = readDocuments(text, content);
  if (value?.kind !== 'map') throw new Error('expected a map');
  return value;
}

function read(text: string, add: (map: MapValue, content: ListContent) => void) {
  const content = new ListContent('x');
  add(mapOf(text, content), content);
  return content;
}

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('a list for mindthegap', () => {
  it.each([
    ['registry.example: { images: { a: [1] } }', true],
    ['localhost: { images: { a: [1] } }\nother.example: {}', true],
    ['a.example:\nb.example: { images: { a: [1] } }', true],
    ['registry.example: { images: [a] }', false],
    ['services: { images: { a: [1] } }', false],
    ['a.example: { images: { a: [1] } }\nb.example: text', false],
  ])('%j is one: %s', (text, expected) => {
    expect(isMindthegap(mapOf(text))).toBe(expected);
  });

  it('names an image for each tag and digest', () => {
    const text = `r.example:5000:\n  images:\n    a/b: ['1', '${DIGEST}']\n    c: []\n  tlsVerify: false\n`;
    const content = read(text, addMindthegapImages);
    expect(content.images.map(({ reference }) => reference)).toEqual([
      'r.example:5000/a/b:1',
      `r.example:5000/a/b@${DIGEST}`,
    ]);
    expect(content.notices).toEqual([
      'x:2: not read: tlsVerify',
      'x:4: r.example:5000/c has no tags: skipped',
    ]);
  });

  it.each([
    ['r.example: { images: { a: text } }', 'the tags of r.example/a are not a list'],
    ['r.example: { images: { a: [[1]] } }', 'a tag of r.example/a'],
  ])('%j is refused', (text, message) => {
    expect(() => read(text, addMindthegapImages).requireValid()).toThrow(message);
  });
});

describe('a manifest of hauler', () => {
  it('has the kind Images and a list of them', () => {
    expect(isHauler(mapOf('kind: Images\nspec: { images: [] }'))).toBe(true);
    expect(isHauler(mapOf('kind: Images\nspec: { images: {} }'))).toBe(false);
    expect(isHauler(mapOf('kind: Charts\nspec: { images: [] }'))).toBe(false);
  });

  it('names images, in its registry where they have none', () => {
    const text =
      'kind: Images\nmetadata: { name: n, annotations: { hauler.dev/registry: r.example, hauler.dev/key: k } }\n' +
      'spec:\n  images:\n    - name: a:1\n    - name: other.example/b:1\n      platform: linux/amd64\n    - name: team/c:1\n';
    const content = read(text, addHaulerImages);
    content.requireValid();
    expect(content.images.map(({ reference, usedBy }) => [reference, usedBy])).toEqual([
      ['r.example/a:1', ['Images/n']],
      ['other.example/b:1', ['Images/n']],
      ['r.example/team/c:1', ['Images/n']],
    ]);
    expect(content.notices.join()).toContain('not read: platform');
    expect(content.notices.join()).toContain('hauler.dev/key');
  });

  it('with an image without a name is refused', () => {
    const text = 'kind: Images\nspec: { images: [{ name: "" }, text] }';
    const content = read(text, addHaulerImages);
    expect(() => content.requireValid()).toThrow('an image without a name');
  });
});
