import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT_CODES } from './exit-codes.js';
import { describeFailure } from './print/failure.js';
import { createSpeech } from './print/speech.js';
import { calledCommand, createProgram, helpHint } from './program.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'stowage-cli-'));
  writeFileSync(join(cwd, 'stowage.yaml'), '');
  const containers = '[{ image: a.example.com/x }, { image: b.example.com/y }]';
  writeFileSync(join(cwd, 'template.yaml'), 'kind: Pod\nspec: {{ .Values.spec }}\n');
  writeFileSync(join(cwd, 'empty.txt'), '# none\n');
  writeFileSync(join(cwd, 'two.yaml'), `{ kind: Pod, spec: { containers: ${containers} } }`);
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
  process.exitCode = 0;
});

/** Runs a command line inside this process. */
async function stowage(...args: string[]) {
  const { io, stdout, stderr } = collectingIo();
  process.exitCode = undefined;
  await createProgram(io, '1.2.3').parseAsync(['node', 'stowage', ...args]);
  return { code: process.exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function collectingIo() {
  const [stdout, stderr] = [collector(), collector()];
  const { signal } = new AbortController();
  return {
    io: {
      ...{ cwd, stdin: process.stdin, stdout: stdout.stream, stderr: stderr.stream, signal },
      endWithin: () => undefined,
    },
    stdout,
    stderr,
  };
}

function collector() {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => chunks.join('') };
}

describe('the command line', () => {
  it('lists nothing in an empty workspace, and names the target that makes archives', async () => {
    expect(await stowage('ls', '--json')).toMatchObject({ code: 0, stdout: '{"entries":[]}\n' });
    expect((await stowage('ls')).stdout).toContain('image-save');
  });

  it.each([
    ['load ./nope.tar', 3, /nope\.tar: no such file/],
    [
      'load app-ubuntu-25.04-gcc15 --engine embedded',
      3,
      /app-ubuntu-25\.04-gcc15: no image of this name in the catalog/,
    ],
    ['inspect containerd:example.com/x', 2, /unknown kind of location/],
    ['inspect docker://example.com/X', 2, /example\.com\/x/],
    [
      'copy docker://a.example.com/x docker://b.example.com/x --username ada',
      2,
      /a\.example\.com and b\.example\.com/,
    ],
    ['inspect nginx.tar', 3, /docker-daemon:nginx/],
    ['load app-ubuntu-25.04-gcc15:latest --engine embedded', 3, /no such file/],
    ['load', 2, /--images-from/],
    ['load ./x --no-cache', 2, /\.\/x: .* is for references to registries/],
    ['load - --cache=false', 2, /-: .* is for references to registries/],
    ['pull docker://example.com/x --no-cache', 2, /--output/],
    ['pull ./x', 2, /reference/],
    ['push ./x --to https://a.example.com --plain-http', 2, /begins with https/],
    ['ls --images-from none.yaml', 3, /none\.yaml/],
    ['ls --images-from template.yaml', 4, /template\.yaml:2: .*template/],
    ['push', 2, /--images-from/],
    ['verify', 2, /--images-from/],
    ['load --images-from empty.txt', 2, /no image is named there/],
    ['load - --images-from -', 2, /standard input can be read only once/],
    ['load --images-from - --password-stdin', 2, /--password-stdin/],
    ['load --images-from two.yaml --username ada', 2, /a\.example\.com and b\.example\.com/],
    ['save NoName --engine embedded', 2, /lower-case/],
    ['save nginx --engine embedded', 8, /<project>-<distribution>-<version>-<variant>/],
    ['build nowhere', 3, /image\.yaml|nowhere: no such definition/],
    ['load ./x --engine docker --host unix:///nonexistent.sock', 3, /\.\/x|\/x: no such file/],
    ['doctor --config none.yaml', 3, /none\.yaml: no such settings file/],
    ['prune --unused-for soon', 2, /unused-for: expected a duration/],
    ['load ./x --platform a/b/c/d', 2, /platform: expected os\[\(version\)\]\/architecture/],
  ])('%s exits %i', async (line, code, message) => {
    const ran = await stowage(...line.split(' '));
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toMatch(message);
    expect(await stowage(...line.split(' '), '--json')).toMatchObject({
      code,
      stdout: expect.stringMatching(/^\{"error":\{"code":".*\}\}\n$/) as string,
    });
  });

  it('exits 6 when no engine answers, and suggests the embedded one', async () => {
    writeFileSync(join(cwd, 'x.yaml'), 'host: unix:///nonexistent.sock\nengine: docker\n');
    const ran = await stowage('save', 'app-ubuntu-25.04-gcc15', '--config', 'x.yaml');
    expect(ran.code).toBe(6);
    expect(ran.stderr).toContain('--engine embedded');
  });

  it.each([
    ['save app-debian-12-x --engine docker --host ftp://x', '--host'],
    ['serve --tls-cert x.pem', '--tls-key'],
    ['serve --listen 5000', '--listen 127.0.0.1:5000'],
    ['serve --listen 0.0.0.0:0', '--htpasswd FILE'],
    ['serve --allow ada:read:*', '--htpasswd'],
    ['serve --scrub-rate slow', '--scrub-rate'],
    ['serve x.tar --max-used 1GB', '--max-used'],
    ['gc', '--root'],
    ['gc --root . --grace soon', '--grace'],
    ['ensure --job a', '--workflow'],
    ['ensure', '--os ubuntu-25.04'],
    ['push two.yaml', '--to HOST'],
    ['push two.yaml --to ada@localhost', '--username NAME'],
    ['pull a.example.com/x --no-cache', '--no-cache'],
    ['load ./two.yaml --no-cache', '--no-cache'],
    ['load app-debian-12-x', 'stowage ls'],
  ])('%s: advises %s, a flag or command that exists', async (line, advice) => {
    const [name = '', ...args] = line.split(' ');
    const { stderr } = await stowage(name, ...args);
    expect(stderr).toContain(advice);
    expect(stderr).not.toMatch(/the option `/);
    const program = createProgram(collectingIo().io, '1.2.3');
    const command = program.commands.find((each) => each.name() === name);
    const flags = command?.options.map(({ long }) => long) ?? [];
    const said = [...stderr.matchAll(/(?<=^|[\s(])--[a-z-]+/g)].map(([flag]) => flag);
    expect(said.filter((flag) => !flags.includes(flag))).toEqual([]);
  });

  it.each([
    ['--bogus'],
    ['inspect'],
    ['nonsense'],
    ['ls', '--progress', 'loud'],
    ['prune', '--keep-newest', '0'],
  ])('refuses %j as commander does', async (...args) => {
    await expect(stowage(...args)).rejects.toMatchObject({ exitCode: 1 });
  });

  it.each([
    [['push', '--bogus'], '(stowage push --help shows how)'],
    [['cache', 'purge', '--bogus'], '(stowage cache purge --help shows how)'],
    [['--bogus'], '(stowage --help shows how)'],
  ])('%j names the command whose help shows how', async (args, hint) => {
    const { io, stderr } = collectingIo();
    const program = createProgram(io, '1.2.3');
    await expect(program.parseAsync(['node', 'stowage', ...args])).rejects.toThrow();
    expect(stderr.text()).toContain(hint);
    expect(`(${helpHint(calledCommand(program, args))})`).toBe(hint);
  });

  it('shows examples and exit codes in its help', async () => {
    const { io, stdout } = collectingIo();
    await expect(
      createProgram(io, '1.2.3').parseAsync(['node', 'stowage', 'load', '--help']),
    ).rejects.toMatchObject({ exitCode: 0 });
    expect(stdout.text()).toContain('$ stowage load ./app.tar --as app:dev');
  });

  it('prints its version', async () => {
    await expect(stowage('--version')).rejects.toMatchObject({ exitCode: 0 });
  });
});

describe('a failure', () => {
  it('has an exit code for each error code', () => {
    expect(new Set(Object.values(EXIT_CODES))).toEqual(new Set([2, 3, 4, 5, 6, 7, 8]));
  });

  const speech = createSpeech(createProgram(collectingIo().io, '1.2.3'));

  it('is reported as an interruption when there was one, even after another error', () => {
    expect(describeFailure(new Error('x'), { interrupted: true, speech })).toMatchObject({
      exitCode: 130,
      json: { error: { code: 'INTERRUPTED' } },
    });
    expect(describeFailure(new Error('x'), { interrupted: false, speech })).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'UNEXPECTED' } },
    });
  });
});
