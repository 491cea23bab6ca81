import { describe, expect, it } from 'vitest';
import { ListContent } from './list-content.js';

describe('the content of a list', () => {
  it('has each image once, as it was first written, with all places that name it', () => {
    const content = new ListContent('x');
    content.addImage('nginx', 1, 'service/web');
    content.addImage('docker.io/library/nginx:latest', 2);
    content.addImage('nginx', 9, 'service/web');
    expect(content.images).toEqual([
      {
        image: 'nginx',
        reference: 'docker.io/library/nginx:latest',
        usedBy: ['service/web', 'x:2'],
      },
    ]);
    content.requireValid();
  });

  it('with problems is INVALID, with at most ten different ones', () => {
    const content = new ListContent('x');
    for (let line = 1; line <= 15; line++) content.addProblem(line, 'bad');
    content.addProblem(1, 'bad');
    expect(() => content.requireValid()).toThrow(
      expect.objectContaining({ code: 'INVALID', location: 'x' }) as Error,
    );
    const lines = messageOf(content).split('\n');
    expect(lines).toHaveLength(11);
    expect([lines[0], lines[10]]).toEqual(['x:1: bad', expect.stringMatching(/^x: and \d+ more$/)]);
  });

  it('has advice for templates before any other', () => {
    const content = new ListContent('x');
    content.addProblem(1, 'bad', 'Do this.');
    expect(hintOf(content)).toBe('Do this.');
    content.addImage('a:{{ tag }}', 2);
    expect(hintOf(content)).toContain('Render a template');
    content.addProblem(3, 'bad', 'Do that.');
    expect(hintOf(content)).toContain('Render a template');
  });

  it('has notices that are no problems', () => {
    const content = new ListContent('x');
    content.addNotice(7, 'not read: a');
    expect(content.notices).toEqual(['x:7: not read: a']);
    content.requireValid();
  });
});

function errorOf(content: ListContent) {
  try {
    content.requireValid();
  } catch (error) {
    return error as { message: string; hint?: string };
  }
  return expect.unreachable();
}

const messageOf = (content: ListContent) => errorOf(content).message;
const hintOf = (content: ListContent) => errorOf(content).hint;
