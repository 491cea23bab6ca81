import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.js';
import {
  absolutePath,
  parseDestination,
  parseLocation,
  parseRegistryImage,
  parseRepositoryLocation,
} from './location.js';
import { isPath, isPattern, looksLikeFile } from './location-form.js';
import { parseReference } from './oci/reference.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const NAME = 'app-ubuntu-25.04-gcc15';

/** A folder with the files and folders that the tables below name as existing. */
let cwd = '';
beforeEach(async () => {
  cwd = await temporaryFolder();
  for (const folder of ['layout', 'nginx', 'registry.example.com']) await mkdir(join(cwd, folder));
  for (const file of ['there.tar', 'there.tar:app:v1', 'busybox', `${NAME}`, 'parts.tar.sha256'])
    await writeFile(join(cwd, file), '');
});

const archive = (path: string, reference?: string) => ({
  kind: 'archive',
  path,
  ...(reference !== undefined && { reference }),
});
const layout = (path: string, reference?: string) => ({
  ...archive(path, reference),
  kind: 'layout',
});
const repository = (reference: string) => ({
  kind: 'repository',
  reference,
  parsed: parseReference(reference),
});
const PIPE = { kind: 'pipe' };
const NAMED = { kind: 'name' };
const store = (reference: string) => ({ kind: 'store', reference });
const engine = (reference: string) => ({ kind: 'engine', reference });

describe('a location with its own form', () => {
  it.each([
    ['-', PIPE],
    ['./app.tar', archive('./app.tar')],
    ['./x:y', archive('./x:y')],
    ['../app.tar', archive('../app.tar')],
    ['/app.tar', archive('/app.tar')],
    ['~/app.tar', archive('~/app.tar')],
    ['C:\\x.tar', archive('C:\\x.tar')],
    ['c:/x.tar', archive('c:/x.tar')],
    ['docker-archive:x.tar', archive('x.tar')],
    ['docker-archive:x.tar:app:1', archive('x.tar', 'app:1')],
    ['oci-archive:x.tar', archive('x.tar')],
    ['oci-archive:x.tar:v1', archive('x.tar', 'v1')],
    [`oci-archive:a@b.tar@${DIGEST}`, archive('a@b.tar', DIGEST)],
    ['oci-archive:C:\\x.tar', archive('C:\\x.tar')],
    ['oci-archive:C:\\x.tar:v1', archive('C:\\x.tar', 'v1')],
    ['oci-archive:./a/b:c/d', archive('./a/b', 'c/d')],
    ['oci-archive:a:/b', archive('a:/b')],
    ['oci:./x', layout('./x')],
    ['oci:./x:v1', layout('./x', 'v1')],
    [`oci:./x@${DIGEST}`, layout('./x', DIGEST)],
    ['docker-daemon:app:1', engine('app:1')],
    ['store:registry.example.com/app:1', store('registry.example.com/app:1')],
    ['localhost/app', repository('localhost/app')],
    ['registry.example.org/team/app:1', repository('registry.example.org/team/app:1')],
    [`127.0.0.1:5000/app@${DIGEST}`, repository(`127.0.0.1:5000/app@${DIGEST}`)],
    ['dir:5000/app', repository('dir:5000/app')],
    ['docker://app', repository('app')],
    ['docker://app.tar', repository('app.tar')],
    [`docker://${NAME}`, repository(NAME)],
  ])('%s means the same as a source and as a destination', async (text, expected) => {
    expect(await parseLocation(text, { cwd })).toEqual({ text, ...expected });
    expect(await parseDestination(text, { cwd })).toEqual({ text, ...expected });
  });

  it.each([
    // A word is a name as a source, and a file as a destination; a reference has its registry.
    ['app', NAMED, archive('app')],
    ['app.txt', NAMED, archive('app.txt')],
    ['user/app', NAMED, archive('user/app')],
    [NAME.replace('app', 'web'), NAMED, archive(NAME.replace('app', 'web'))],
    ['app.tar', NAMED, archive('app.tar')],
    ['registry.example.org/app.tar.gz', NAMED, archive('registry.example.org/app.tar.gz')],
    ['Not A Reference', NAMED, archive('Not A Reference')],
    ['oci', NAMED, archive('oci')],
    // A file on disk takes precedence.
    ['busybox', archive('busybox'), archive('busybox')],
    [NAME, archive(NAME), archive(NAME)],
    ['parts.tar', archive('parts.tar'), archive('parts.tar')],
    ['nginx', layout('nginx'), layout('nginx')],
    ['./layout', layout('./layout'), layout('./layout')],
    ['registry.example.com', layout('registry.example.com'), layout('registry.example.com')],
    [
      'registry.example.com/app',
      // Below a folder that is here, it may be a mistyped path.
      NAMED,
      archive('registry.example.com/app'),
    ],
    // A source that exists has no name after its path; a destination does not exist yet.
    ['oci-archive:there.tar:app:v1', archive('there.tar:app:v1'), archive('there.tar', 'app:v1')],
    [
      'oci-archive:there.tar:app:v2',
      archive('there.tar', 'app:v2'),
      archive('there.tar', 'app:v2'),
    ],
    // A slash at the end makes a destination a layout.
    ['new/', archive('new/'), layout('new/')],
    ['new\\', archive('new\\'), layout('new\\')],
    ['', layout(''), layout('')],
  ])('%s is as a source %o, as a destination %o', async (text, source, destination) => {
    expect(await parseLocation(text, { cwd })).toEqual({ text, ...source });
    expect(await parseDestination(text, { cwd })).toEqual({
      text,
      ...destination,
    });
  });

  it.each([
    'containers-storage:app',
    'containers-storage:localhost/app:1',
    'containerd:x',
    'dir:x',
  ])('%s is of another tool, not a reference', async (text) => {
    const message = `${text}: unknown kind of location; known are a path, -, a name of the catalog, docker-daemon:, docker:// and store:`;
    await expect(parseLocation(text, { cwd })).rejects.toMatchObject({ code: 'USAGE', message });
    await expect(parseDestination(text, { cwd })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it.each([
    ['docker://', 'source'],
    ['docker://127.0.0.1:5100', 'source'],
    ['docker://localhost:5000', 'source'],
    ['docker://registry.example.com:443', 'source'],
    ['docker://localhost', 'destination'],
    ['docker://Not A Reference', 'source'],
    ['docker://app:', 'source'],
    ['app:1', 'destination'],
    ['podman:app', 'destination'],
    ['docker-daemon:', 'destination'],
  ] as const)('%j is refused as a %s', async (text, role) => {
    const parse = role === 'source' ? parseLocation : parseDestination;
    await expect(parse(text, { cwd })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('is a reference where only a reference is allowed', () => {
    for (const text of ['app.tar', 'docker://app.tar'])
      expect(parseRepositoryLocation(text)).toEqual({ text, ...repository('app.tar') });
    expect(() => parseRepositoryLocation('./app.tar')).toThrow('is not the host of a registry');
    expect(() => parseRepositoryLocation('-')).toThrow('expected a repository');
  });
});

describe('a reference without a registry', () => {
  it.each([
    ['docker.io', 'app', 'docker.io/library/app:latest'],
    ['docker.io', 'app:1', 'docker.io/library/app:1'],
    ['docker.io', 'user/app:1', 'docker.io/user/app:1'],
    ['mirror.example.com:5000/hub', 'app:1', 'mirror.example.com:5000/hub/library/app:1'],
    ['localhost', `user/app@${DIGEST}`, `localhost/user/app@${DIGEST}`],
  ])('with the default registry %s, %s is %s', async (defaultRegistry, text, expected) => {
    expect(await parseLocation(text, { cwd, defaultRegistry })).toEqual({
      ...repository(expected),
      text: expected,
    });
    expect(await parseRegistryImage(text, { cwd, defaultRegistry })).toMatchObject({
      reference: expected,
    });
  });

  it.each([
    // A text that may be a path is never sent to a registry.
    ['user/app', 'docker.io/user/app:latest'],
    ['images.txt', 'docker.io/library/images.txt:latest'],
    ['nginx/app:1', 'docker.io/nginx/app:1'],
    ['registry.example.com/app', 'docker://registry.example.com/app'],
    ['busybox', '`listedImages()` busybox'],
    ['there.tar', 'REGISTRY/REPOSITORY:TAG'],
    ['gone.tar', 'REGISTRY/REPOSITORY:TAG'],
    ['./app', 'REGISTRY/REPOSITORY:TAG'],
    ['127.0.0.1:5100', '127.0.0.1:5100/REPOSITORY:TAG'],
    ['store:app', 'docker.io/library/app:latest'],
  ])('%s is none, and the hint names %s', async (text, hint) => {
    const options = { cwd, defaultRegistry: 'docker.io' };
    expect((await parseLocation(text, options)).kind).not.toBe('repository');
    await expect(parseRegistryImage(text, options)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining(hint) as string,
    });
  });
});

describe('the form of a text', () => {
  it.each(['./x', '/x', '../x', '~/x', '~', '.', '..', '.x', 'C:\\x', 'C:/x', 'x/', '\\x'])(
    '%s is a path',
    (text) => {
      expect([isPath(text), looksLikeFile(text)]).toEqual([true, true]);
    },
  );

  it.each([
    ['x.tar', true],
    ['a/b.tar.zst', true],
    ['x.tgz', true],
    ['x.tar:latest', true],
    [`x.tar@${DIGEST}`, true],
    ['x.targets', false],
    ['nginx', false],
    ['c:x', false],
  ])('%s is no path, but looks like a file: %s', (text, expected) => {
    expect([isPath(text), looksLikeFile(text)]).toEqual([false, expected]);
  });

  it.each([
    ['*.tar', true],
    ['app-?.tar', true],
    ['{a,b}.tar', true],
    ['[ab].tar', true],
    ['[ab]/x.tar', true],
    ['docker-archive:[ab]/x.tar', true],
    ['[::1]:5000/team/app:1', false],
    ['[2001:DB8::1]/team/app:1', false],
    ['docker://[::1]:5000/team/app:1', false],
    ['docker-daemon:[::1]:5000/team/app:1', false],
    ['[::1]:5000/team/app:*', true],
    ['app.tar', false],
  ])('%s is a pattern: %s', (text, expected) => {
    expect(isPattern(text)).toBe(expected);
  });

  it('has the folder of the user as ~', () => {
    const where = { cwd, surroundings: { home: '/home/ada' } };
    expect(absolutePath('~/x.tar', where)).toBe(resolve(cwd, '/home/ada/x.tar'));
    expect(absolutePath('x.tar', where)).toBe(join(cwd, 'x.tar'));
  });
});
