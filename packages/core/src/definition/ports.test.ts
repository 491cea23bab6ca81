import { describe, expect, it } from 'vitest';
import { parsePorts } from './ports.js';

describe('parsePorts', () => {
  it.each([
    ['8080', ['8080/tcp']],
    ['53/udp', ['53/udp']],
    ['0053/sctp', ['53/sctp']],
    ['9000-9002', ['9000/tcp', '9001/tcp', '9002/tcp']],
    ['9000-9001/udp', ['9000/udp', '9001/udp']],
    ['80-80', ['80/tcp']],
    ['65535', ['65535/tcp']],
  ])('reads %j', (text, expected) => {
    expect(parsePorts(text)).toEqual(expected);
  });

  it.each([
    '0',
    '65536',
    '99999',
    '9002-9000',
    '0-1',
    '1-65536',
    '80/TCP',
    '80/',
    '-1',
    '1-',
    '',
    ' 80',
  ])('refuses %j', (text) => {
    expect(() => parsePorts(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
