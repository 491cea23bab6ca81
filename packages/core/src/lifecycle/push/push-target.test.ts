import { expect, it } from 'vitest';
import { ImageError } from '../../errors.js';
import { parseTarget } from '../workspace/registry-address.js';

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
