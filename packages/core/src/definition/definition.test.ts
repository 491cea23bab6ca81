import { describe, expect, it } from 'vitest';
import { parseDefinition } from './definition.js';
import { parseSettings } from './settings/settings.js';

const HEAD = 'project: app\nos: ubuntu:25.04\nvariant: gcc15\n';
const parse = (text: string) => parseDefinition({ text, path: 'image.yaml' });
const expectRefused = (
  text: string,
  code: string,
  message: RegExp,
  of: (text: string) => unknown = parse,
) => {
  expect(() => of(text)).toThrow(message);
  expect(() => of(text)).toThrow(expect.objectContaining({ code }) as Error);
};

describe('a definition', () => {
  it('has a name, a reference and defaults', () => {
    expect(parse(`${HEAD}ports: [8080, 53/udp]\n`)).toMatchObject({
      name: 'app-ubuntu-25.04-gcc15',
      reference: 'docker.io/library/app-ubuntu-25.04-gcc15:latest',
      base: 'scratch',
      context: '.',
      ports: ['8080', '53/udp'],
      facts: { compilers: [], packages: [], tools: [] },
    });
  });

  it('lists at most ten problems', () => {
    const text = `${HEAD}${Array.from({ length: 30 }, (_, at) => `wrong${at}: 1\n`).join('')}`;
    let message = '';
    try {
      parseDefinition({ text, path: 'image.yaml' });
    } catch (error) {
      message = String(error);
    }
    expect(message.split('\n')).toHaveLength(11);
    expect(message).toMatch(/image\.yaml: and 20 more$/);
  });

  it.each([
    [`${HEAD}enviroment: {}\n`, 'USAGE', /image\.yaml:4:1: .*"enviroment"; did you mean/],
    [
      `${HEAD}copy:\n  - { form: a, to: /b }\n`,
      'USAGE',
      /image\.yaml:5:7: .*"form"; did you mean "from"\?/,
    ],
    ['project: app\n', 'USAGE', /image\.yaml:1:1: the key "os" is missing/],
    [`${HEAD}env: { A: 1 }\n`, 'USAGE', /image\.yaml:4:11: env\.A: expected to be string, got 1/],
    [`${HEAD}copy: [\n`, 'USAGE', /image\.yaml:\d+:\d+: /],
    [
      `${HEAD}dockerfile: Dockerfile\ncopy: []\n`,
      'USAGE',
      /copy: with a dockerfile these belong inside it/,
    ],
    [`${HEAD}target: a\n`, 'USAGE', /target: these need a dockerfile/],
    [`${HEAD}secrets: [{ id: a, env: A }]\n`, 'USAGE', /secrets: these need a dockerfile/],
    [`${HEAD}build_contexts: { a: b }\n`, 'USAGE', /build_contexts: these need a dockerfile/],
    [
      `${HEAD}dockerfile: D\nbuild_contexts: { A: b }\n`,
      'USAGE',
      /build_contexts: expected to match/,
    ],
    [`${HEAD}ssh: [default]\nrun: [ls]\n`, 'USAGE', /ssh: these need a dockerfile/],
    [`${HEAD}dockerfile: D\nsecrets: [{ id: a }]\n`, 'USAGE', /"a": expected either env or file/],
    [
      `${HEAD}dockerfile: D\nsecrets: [{ id: a, env: A, file: f }]\n`,
      'USAGE',
      /"a": expected either env or file/,
    ],
    [
      `${HEAD}dockerfile: D\nsecrets: [{ id: a, env: A }, { id: a, env: B }]\n`,
      'USAGE',
      /"a": it is there twice/,
    ],
    [`${HEAD}platforms: [a/b/c/d]\n`, 'USAGE', /platform/],
    [`${HEAD}reference: A:B:C\n`, 'USAGE', /reference/],
    [
      'project: My App\nos: ubuntu-25.04\nvariant: gcc15\n',
      'NAMING',
      /image\.yaml: name: expected/,
    ],
    ['', 'USAGE', /"project"/],
  ])('refuses %j', (text, code, message) => expectRefused(text, code, message));

  it('lists all problems at once', () => {
    expect(() => parse('projct: app\nos: 1\nvariant: a\n')).toThrow(
      /image\.yaml:1:1: .*\n.*\nimage\.yaml:2:5/s,
    );
  });
});

describe('settings', () => {
  const settings = (text: string) => parseSettings({ text, path: 'stowage.yaml' });

  it('may be empty', () => {
    expect(settings('')).toEqual({
      images: 'images',
      archives: [],
      engine: 'auto',
      defaultRegistry: 'docker.io',
      pushLibrary: true,
      pushCompress: 'auto',
      pins: [],
      limits: {},
      prune: {},
      cache: {},
      runners: { 'ubuntu-latest': 'ubuntu-24.04' },
      serve: { folder: '.' },
    });
  });

  it.each([
    ['keep_newest: 3', { keepNewest: { name: 3 } }],
    ['keep_newest: { project: 2, os: 4 }', { keepNewest: { project: 2, os: 4 } }],
    ['min_free: 10%\n  max_used: 20 GiB', { minFree: '10%', maxUsed: '20 GiB' }],
    ['disk_min_free_gb: 7.5', { minFree: '7.5GB' }],
    ['min_free: 1GB\n  disk_min_free_gb: 7', { minFree: '1GB' }],
  ])('accept prune: %j', (text, expected) => {
    expect(settings(`prune:\n  ${text}\n`).prune).toEqual(expected);
  });
  it.each([
    ['mirror.example.com/hub', true],
    ['localhost', true],
    ['[::1]:5000/a/b', true],
    ['mirror', false],
    ['https://mirror.example.com', false],
    ['mirror.example.com/', false],
    ['mirror.example.com/Hub', false],
  ])('accept default_registry: %s: %s', (text, isValid) => {
    const read = () => settings(`default_registry: '${text}'\n`).defaultRegistry;
    if (isValid) expect(read()).toBe(text);
    else expect(read).toThrow('default_registry');
  });
  it('accept the deprecated key disk_min_free_gb', () => {
    expect(settings('disk_min_free_gb: 20\n').prune).toEqual({ minFree: '20GB' });
  });
  it.each([
    'prune:\npins:\n',
    'prune: ~\narchives: null\nrunners:\npush:\ncache:\nlimits:\nnaming:\nengine:\n',
    'prune:\n  min_free:\npush: { to: }\npins: [~]\n',
  ])('read a key without a value as if it were not there: %j', (text) => {
    expect(settings(text)).toEqual(settings(''));
  });

  it.each([
    [
      'engine: podmn\n',
      /stowage\.yaml:1:9: engine: expected one of auto, docker, podman, containerd, kind, k3d, embedded, got "podmn"/,
    ],
    ['prune: { keep_newest: 0 }\n', /keep_newest: expected to be >= 1/],
    ['prune: { min_free: lots }\n', /min_free/],
    ['prune: { unused_for: soon }\n', /unused_for/],
    ['naming: { pattern: "(" }\n', /regular expression/],
    ['pin: [a]\n', /did you mean "pins"/],
  ])('refuses %j', (text, message) => expectRefused(text, 'USAGE', message, settings));
});
