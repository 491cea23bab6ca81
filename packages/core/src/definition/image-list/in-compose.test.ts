import { describe, expect, it } from 'vitest';
import { ImageError } from '../../errors.js';
import { parseImageList } from './image-list.js';

const parse = (text: string, variables = {}) => parseImageList({ text, path: 'f' }, { variables });
function problem(text: string, variables = {}): { code: string; message: string } {
  try {
    parse(text, variables);
  } catch (error) {
    if (error instanceof ImageError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected an ImageError');
}

describe('Compose files', () => {
  it('name the images of services of all profiles, of merged maps and of image volumes', () => {
    const text = `services:
  web: &web { image: "\${REGISTRY:-docker.io}/shop/base:\${TAG-1}", profiles: [x] }
  worker: { <<: *web, image: "shop/worker:$VERSION" }
  copy: { <<: *web }
  data: { image: postgres, volumes: [{ type: image, source: shop/seed }, "data:/x", { type: bind, source: /a }] }
  built: { build: ./built }
  same: { extends: { service: web } }
  other: { extends: { service: db, file: common.yaml } }
  nothing: { command: x }
include: [more.yaml]
`;
    const { images: found, notices } = parse(text, { VERSION: '2', REGISTRY: '' });
    expect(found.map(({ reference, usedBy }) => [reference, ...usedBy])).toEqual([
      ['docker.io/shop/base:1', 'service/web', 'service/copy'],
      ['docker.io/shop/worker:2', 'service/worker'],
      ['docker.io/library/postgres:latest', 'service/data'],
      ['docker.io/shop/seed:latest', 'service/data'],
    ]);
    expect(notices).toEqual([
      expect.stringMatching(/^f:10: included files/),
      expect.stringMatching(/^f:6: service built is built/),
      expect.stringMatching(/^f:8: service other extends one of common\.yaml/),
      expect.stringMatching(/^f:9: service nothing names no image/),
    ]);
  });

  it.each([
    ['a$$b', 'a$b'],
    ['${A}', '1'],
    ['$A-x', '1-x'],
    ['${E:-d}', 'd'],
    ['${E-d}', ''],
    ['${N-d}', 'd'],
    ['${N:-${M:-${A}}}', '1'],
    ['${N:-}', ''],
    ['${A:+y}${E:+z}${E+w}', 'yw'],
    ['${A?needed}', '1'],
    ['$1 $', '$1 $'],
  ])('%s is %j', (text, expected) => {
    // Names of images have no dollar signs, so the message of the reference shows the value.
    const said = `services: { a: { image: ${JSON.stringify(`A${text}`)} } }`;
    expect(problem(said, { A: '1', E: '' }).message).toContain(`reference "A${expected}"`);
  });

  it.each([
    ['${N}', 'variable N has no value'],
    ['$constructor', 'variable constructor has no value'],
    ['${E:?set E}', 'variable E has no value (set E)'],
    ['${N', 'the closing } of'],
    ['${}', 'name of a variable'],
    ['${A/x/y}', 'name of a variable'],
  ])('refuse %s with its line', (text, message) => {
    const said = `services:\n  a:\n    image: "${text}"\n`;
    expect(problem(said, { A: '1', E: '' })).toEqual({
      code: 'INVALID',
      message: expect.stringContaining(message) as string,
    });
    expect(problem(said, { A: '1', E: '' }).message).toMatch(/^f:3: /);
  });
});
