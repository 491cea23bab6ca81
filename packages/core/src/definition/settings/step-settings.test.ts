import { describe, expect, it } from 'vitest';
import { ImageError } from '../../errors.js';
import { parseDefinition } from '../definition.js';
import { parseHosts, parseShmSize, parseUlimits } from './step-settings.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';

/** The refusal of some input. */
function refusal(parse: () => unknown): ImageError {
  try {
    parse();
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('add_hosts', () => {
  it.each([
    [{ 'mirror.example.com': '10.0.0.2' }, ['mirror.example.com', '10.0.0.2']],
    [['mirror:10.0.0.2'], ['mirror', '10.0.0.2']],
    [['mirror=10.0.0.2'], ['mirror', '10.0.0.2']],
    [['my_db:host-gateway'], ['my_db', 'host-gateway']],
    [['six:::1'], ['six', '::1']],
    [['six:[2001:db8::1]'], ['six', '2001:db8::1']],
    [{ six: '2001:db8::1' }, ['six', '2001:db8::1']],
  ])('reads %j', (hosts, [name, address]) => {
    expect(parseHosts(hosts)).toEqual([{ name, address }]);
  });

  it.each([
    [['mirror'], '"mirror:"'],
    [['mirror:'], '"mirror:"'],
    [[':10.0.0.2'], '":10.0.0.2"'],
    [['mirror:10.0.0'], '"mirror:10.0.0"'],
    [['mirror:10.0.0.256'], '"mirror:10.0.0.256"'],
    [['mirror:1:2'], '"mirror:1:2"'],
    [['mirror:fe80::1%eth0'], '"mirror:fe80::1%eth0"'],
    [['a,b:10.0.0.2'], '"a,b:10.0.0.2"'],
    [{ 'a b': '10.0.0.2' }, '"a b:10.0.0.2"'],
    [{ mirror: 'gateway' }, '"mirror:gateway"'],
    [{ '-x': '10.0.0.2' }, '"-x:10.0.0.2"'],
  ])('refuses %j', (hosts, got) => {
    expect(refusal(() => parseHosts(hosts))).toMatchObject({
      code: 'USAGE',
      message: `add_hosts: expected a host name and an IP address, got ${got}`,
    });
  });
});

describe('shm_size', () => {
  it.each([
    [67_108_864, 67_108_864],
    ['67108864', 67_108_864],
    ['512b', 512],
    ['128k', 131_072],
    ['64m', 67_108_864],
    ['64M', 67_108_864],
    ['64MB', 67_108_864],
    ['64 MiB', 67_108_864],
    ['1.5g', 1_610_612_736],
  ])('reads %j', (size, bytes) => {
    expect(parseShmSize(size)).toBe(bytes);
  });

  it.each([0, -1, '', '0', '64x', '64 ', 'm', '1e3', '64mm', '64bb', '99999999999999999g'])(
    'refuses %j',
    (size) => {
      expect(refusal(() => parseShmSize(size))).toMatchObject({
        code: 'USAGE',
        message: `shm_size: expected a size such as 64m or 1g, got ${JSON.stringify(size)}`,
      });
    },
  );
});

describe('ulimits', () => {
  it.each([
    [1024, 1024, 1024],
    ['1024', 1024, 1024],
    ['1024:4096', 1024, 4096],
    ['1024:-1', 1024, -1],
    [-1, -1, -1],
    [0, 0, 0],
  ])('reads nofile: %j', (value, soft, hard) => {
    expect(parseUlimits({ nofile: value })).toEqual([{ name: 'nofile', soft, hard }]);
  });

  it.each(['', '1:2:3', 'many', '4096:1024', '-1:1024', -2, 1.5, '1 : 2'])(
    'refuses nofile: %j',
    (value) => {
      expect(refusal(() => parseUlimits({ nofile: value }))).toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(/^ulimits: nofile: expected a limit, or /) as string,
      });
    },
  );

  it('refuses another name, and proposes a known one', () => {
    expect(refusal(() => parseUlimits({ nofiles: 1 }))).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(
        /^ulimits: expected one of core, .*, got "nofiles"$/,
      ) as string,
      hint: 'Did you mean nofile?',
    });
  });
});

describe('a definition', () => {
  const parse = (yaml: string) => parseDefinition({ text: HEAD + yaml, path: 'image.yaml' });
  const SETTINGS = 'add_hosts: { a: 10.0.0.2 }\nshm_size: 64m\nulimits: { nofile: 64 }\n';

  it.each(['dockerfile: Dockerfile\n', 'base: b\nrun: [ls]\n', 'base: b\ntools: [git]\n'])(
    'with %j has what steps run with',
    (yaml) => {
      expect(parse(yaml + SETTINGS)).toMatchObject({
        addHosts: [{ name: 'a', address: '10.0.0.2' }],
        shmSize: 67_108_864,
        ulimits: [{ name: 'nofile', soft: 64, hard: 64 }],
      });
    },
  );

  it.each([
    [SETTINGS, /add_hosts, shm_size, ulimits: these need a dockerfile, or steps such as run$/],
    ['dockerfile: D\nadd_hosts: [1]\n', /add_hosts\.0: expected to be string, got 1/],
    ['dockerfile: D\nadd_hosts: a:1\n', /add_hosts: expected to be array,object, got "a:1"/],
    ['dockerfile: D\nulimits: { nofile: [1] }\n', /ulimits\.nofile: expected to be/],
    ['dockerfile: D\nshm_size: x\n', /^image\.yaml: shm_size: expected a size/],
  ])('with %j is refused', (yaml, message) => {
    expect(refusal(() => parse(yaml)).message).toMatch(message);
  });
});
