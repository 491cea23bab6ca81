import { describe, expect, it } from 'vitest';
import { addImagesOfLines, isLines } from './in-lines.js';
import { ListContent } from './list-content.js';

describe('a text', () => {
  it.each([
    ['nginx:1.21\n', true],
    ['# comment\n\n  nginx\n', true],
    ['nginx # a: b\n', true],
    ['registry.example:5000/a:1\n', true],
    ['', false],
    ['# only a comment\n', false],
    ['a: b\n', false],
    ['images:\n', false],
    ['- a\n', false],
    ['---\na\n', false],
    ['{ "a": 1 }', false],
    ['[a]', false],
    ['%YAML 1.2\n', false],
  ])('%j is a list of lines: %s', (text, expected) => {
    expect(isLines(text)).toBe(expected);
  });
});

describe('a list of lines', () => {
  const read = (text: string) => {
    const content = new ListContent('list');
    addImagesOfLines(text, content);
    return content;
  };

  it('has an image a line, without comments and labels, with its place', () => {
    expect(read('nginx:1 # web\n#off\n\n redis labels:a=b labels:c\n').images).toEqual([
      { image: 'nginx:1', reference: 'docker.io/library/nginx:1', usedBy: ['list:1'] },
      { image: 'redis', reference: 'docker.io/library/redis:latest', usedBy: ['list:4'] },
    ]);
  });

  it.each([
    ['nginx redis\n', 'list:1: several words; write one reference a line'],
    ['\n{{ .image }}\n', 'list:2: a template with {{ … }}'],
    ['nginx:{{ tag }}\n', 'list:1: a template with {{ … }}'],
    ['Not:A:Name\n', 'list:1: not the name of an image'],
  ])('%j is refused', (text, message) => {
    const content = read(text);
    expect(() => content.requireValid()).toThrow(message);
  });
});
