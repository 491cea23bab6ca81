import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { changeItems, repack } from '../../../packages/core/testing/repack.js';
import { createWorkspace } from '../fixture.js';
import { CLI, json, run, stowage, temporaryFolder } from '../run.js';
import { archive } from '../served.js';
import { verifyAttacks } from './content-halves.js';

/** Preloaded into a process: prints its peak memory (MiB) when it ends. */
const MEASURE = `data:text/javascript,process.on('exit',()=>process._rawDebug('peak '+process.resourceUsage().maxRSS/1024))`;
const MAX_PEAK_MIB = 300;

/** `head -c 45899235 /dev/zero | bzip2` */
const BZIP2 = 'QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXF3JFOFCQDgni3w==';

async function runMeasured(args: readonly string[], cwd: string) {
  const ran = await run(process.execPath, ['--import', MEASURE, CLI, ...args], { cwd });
  const [, peak] = /peak ([0-9.]+)/.exec(ran.stderr) ?? [];
  return { ...ran, peak: Number(peak) };
}

/** A zstd frame with a window of 128 MiB and blocks of 128 KiB of one byte. */
function zstdBomb(blocks: number): Buffer {
  const block = (last: boolean) => Buffer.from([last ? 3 : 2, 0, 0x10, 97]);
  const all = Array.from({ length: blocks }, (_, at) => block(at === blocks - 1));
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x88]), ...all]);
}

/** Registers the tests of this file; see ../attacks.test.ts. */
export function contentAttacks(): void {
  it.each([
    ['bzip2', Buffer.concat(Array.from({ length: 80 }, () => Buffer.from(BZIP2, 'base64')))],
    ['zstd', zstdBomb(8000)],
    ['gzip', Buffer.concat(Array.from({ length: 12 }, () => gzipSync(Buffer.alloc(1e8))))],
  ])('unpacking a %s bomb stops at the limit, in bounded memory', async (kind, bomb) => {
    const cwd = await createWorkspace({ 'stowage.yaml': 'limits: { unpacked: 300MB }\n' });
    await writeFile(join(cwd, 'bomb.tar'), bomb);
    const { code, stderr, peak } = await runMeasured(['inspect', './bomb.tar'], cwd);
    expect(stderr).toContain(`${kind}: more than the limit of 314572800 bytes when unpacked`);
    expect(code).toBe(4);
    expect(peak).toBeLessThan(MAX_PEAK_MIB);
  });

  it('names from an archive are printed without control characters, line breaks and CI commands', async () => {
    const cwd = await temporaryFolder();
    const name = '\u001b[2J\u009b31m\u202e\n::error::forged\n##vso[task.complete]';
    const { path } = await archive();
    await repack(path, join(cwd, 'x.tar'), (members) => {
      members.set('index.json', withName(members.get('index.json'), name));
      changeItems(members, (items) => items.map((item) => ({ ...item, RepoTags: [name] })));
      members.set(`${name}.txt`, Buffer.from('x'));
    });
    for (const command of ['inspect', 'verify', 'load --engine embedded', 'push --to 127.0.0.1:1'])
      for (const more of [[], ['--json'], ['--progress', 'plain'], ['--progress', 'json']]) {
        const args = [...command.split(' '), './x.tar', ...more];
        const { stdout, stderr } = await stowage(args, { cwd, env: { GITHUB_ACTIONS: 'true' } });
        const said = stdout + stderr;
        expect(said).not.toMatch(/[^\P{Cc}\n\t]|\p{Cf}/u);
        expect(said).not.toMatch(/^\s*::/m);
        expect(said).not.toMatch(/##(?:vso)?\[/);
      }
    const shown = (await stowage(['inspect', './x.tar'], { cwd })).stdout;
    expect(shown).toContain('\\x1b[2J\\x9b31m\\u{202e}\\n::error::forged\\n');
    const document = await json<{ images: { names: { written: string }[] }[] }>(
      ['inspect', './x.tar'],
      { cwd },
    );
    expect(document.images[0]?.names[0]?.written).toBe(name);
  });

  it('error messages about untrusted members and locations are escaped, too', async () => {
    const cwd = await temporaryFolder();
    const odd = 'a\u009b\n::warning::b';
    const { path } = await archive();
    await repack(path, join(cwd, 'y.tar'), (members) =>
      changeItems(members, (items) => items.map((item) => ({ ...item, Layers: [odd] }))),
    );
    await writeFile(join(cwd, `${odd}.yaml`), `project: "${'\\u009b'}"\nnope: 1\n`);
    for (const args of [
      ['verify', './y.tar'],
      ['build', `./${odd}.yaml`],
      ['load', `./${odd}`],
    ]) {
      const { code, stdout, stderr } = await stowage(args, { cwd });
      expect(code).not.toBe(0);
      expect(stdout + stderr).not.toMatch(/[\u0080-\u009f]|^\s*::/m);
    }
  });

  it('an index of thousands of images is read quickly, and an error message names ten', async () => {
    const cwd = await temporaryFolder();
    const { path } = await archive();
    await repack(path, join(cwd, 'many.tar'), (members) => {
      members.set('index.json', manyEntries(members.get('index.json'), 8_000));
      changeItems(members, ([item]) =>
        Array.from({ length: 8_000 }, (_, at) => ({
          Config: item?.Config ?? '',
          Layers: item?.Layers ?? [],
          RepoTags: [`example.com/many:${at}`],
        })),
      );
    });
    for (const args of [['inspect'], ['verify'], ['load', '--engine', 'embedded', '--dry-run']]) {
      const { stdout, stderr, peak } = await runMeasured([...args, './many.tar'], cwd);
      expect(peak).toBeLessThan(MAX_PEAK_MIB);
      if (args[0] !== 'load') expect(stdout.split('\n').length).toBeLessThan(300);
      expect(stderr.length).toBeLessThan(10_000);
    }
    const { stderr } = await stowage(['inspect', 'oci-archive:./many.tar:no/such:1'], { cwd });
    expect(stderr).toMatch(/and \d+ more/);
  });

  verifyAttacks();
}

interface Entry {
  annotations?: Record<string, string>;
}

function withName(index: Buffer | undefined, name: string): Buffer {
  const document = JSON.parse(String(index)) as { manifests: Entry[] };
  const annotations = { 'org.opencontainers.image.ref.name': name };
  const manifests = document.manifests.map((entry) => ({ ...entry, annotations }));
  return Buffer.from(JSON.stringify({ ...document, manifests }));
}

function manyEntries(index: Buffer | undefined, count: number): Buffer {
  const document = JSON.parse(String(index)) as { manifests: Entry[] };
  const manifests = Array.from({ length: count }, (_, at) => ({
    ...document.manifests[0],
    annotations: { 'io.containerd.image.name': `example.com/many:${at}` },
  }));
  return Buffer.from(JSON.stringify({ ...document, manifests }));
}
