import { describe, expect, it } from 'vitest';
import { ImageError } from '../../../errors.js';
import { parseTarget } from './registry-address.js';

describe('the address of a registry', () => {
  it.each([
    ['r.example', 'r.example', '', undefined],
    ['r.example:5000/', 'r.example:5000', '', undefined],
    ['localhost:5000/team/app', 'localhost:5000', 'team/app', undefined],
    ['http://10.0.0.5:5000', '10.0.0.5:5000', '', true],
    ['https://r.example/mirror//', 'r.example', 'mirror', false],
    ['docker.io/team', 'docker.io', 'team', undefined],
  ])('%s has its parts', (text, registry, prefix, plainHttp) => {
    expect(parseTarget(text)).toEqual({ registry, prefix, plainHttp });
  });

  it.each([
    '',
    'team/app',
    'r.example/Team',
    'r.example/a:1',
    `r.example/a@sha256:${'a'.repeat(64)}`,
    'ftp://r.example',
    'http://',
    'r.example/a b',
    'r.example?x=y',
  ])('%j is USAGE', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it('with a password does not show it', () => {
    try {
      parseTarget('https://ada:secret@r.example/team');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('with a user name') as string,
      });
      expect(String(error)).not.toContain('secret');
    }
  });
});

it.each([
  ['registry.example.com/mirror', 'registry.example.com', 'mirror', undefined],
  ['http://10.0.0.5:5000/', '10.0.0.5:5000', '', true],
  ['https://a.example.com/b/c', 'a.example.com', 'b/c', false],
])('parses the target %s', (text, registry, prefix, plainHttp) => {
  expect(parseTarget(text)).toEqual({ registry, prefix, plainHttp });
});

it.each(['', 'ftp://a.example.com', 'localhost:99999999', 'https://ada:secret@a.example.com/b'])(
  'rejects the target %j without showing a password',
  (text) => {
    const parse = () => parseTarget(text, { option: 'upstream' });
    expect(parse).toThrow(ImageError);
    expect(parse).not.toThrow('secret');
  },
);
