import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { ARCHIVE, createWorkspace, DEFINITION, NAME } from './fixture.js';
import { must, run, stowage, temporaryFolder } from './run.js';
import { archive, startServe } from './served.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');
/** Below this package, so that the examples import the built `@stowage/core` as a user's program does. */
const COMPILED = join(import.meta.dirname, '../test-output/examples');
const README = join(import.meta.dirname, '../../packages/core/README.md');
const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.ts'));

beforeAll(async () => {
  await rm(COMPILED, { recursive: true, force: true });
  await mkdir(COMPILED, { recursive: true });
  for (const name of files)
    await compile(name.replace(/\.ts$/, ''), await readFile(join(EXAMPLES, name), 'utf8'));
});

async function compile(name: string, text: string): Promise<void> {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  await writeFile(compiled(name), outputText);
}

const compiled = (name: string) => join(COMPILED, `${name}.js`);
const example = (name: string, args: readonly string[], cwd?: string) =>
  must(process.execPath, [compiled(name), ...args], cwd === undefined ? {} : { cwd });

describe('the examples', () => {
  it.each(files)('%s is short', async (name) => {
    const lines = (await readFile(join(EXAMPLES, name), 'utf8')).split('\n').length;
    expect(lines).toBeLessThanOrEqual(name === 'memory-source.ts' ? 100 : 60);
  });

  it('list an archive', async () => {
    const { path, digest } = await archive();
    expect(await example('list-archive', [path])).toBe(
      `${path}: hybrid-archive, compression none\nexample.com/team/app:1 ${digest}\n`,
    );
  });

  it('copy an archive to a registry, and one platform back into an archive', async () => {
    const { path, digest } = await archive(['amd64', 'arm64']);
    const cwd = await temporaryFolder();
    const { host } = await startServe(['--root', join(cwd, 'registry')]);
    const reference = `${host}/team/app:1`;
    const pushed = await example('archive-to-registry', [path, reference]);
    expect(pushed).toMatch(new RegExp(`^${reference} is ${digest}, [1-9][0-9]* bytes sent\n$`));

    const output = join(cwd, 'arm64.tar');
    const pulled = await example('registry-to-archive', [reference, output, 'linux/arm64']);
    expect(pulled).toMatch(/^sha256:[0-9a-f]{64}: 4 blobs and manifests, [1-9][0-9]* bytes\n/);
    expect(pulled).toContain(`${output} holds ${reference}\n`);
    expect(await example('walk-graph', [output, reference])).toContain('  linux/arm64 sha256:');
  });

  it('pull an image with the example of the README', async () => {
    const { path, digest } = await archive();
    const cwd = await temporaryFolder();
    const { host } = await startServe(['--root', join(cwd, 'registry')]);
    const reference = `${host}/library/alpine:3`;
    await example('archive-to-registry', [path, reference]);
    const [, text = ''] = /^```ts\n(.*?)^```$/ms.exec(await readFile(README, 'utf8')) ?? [];
    expect(text).toContain('docker.io/library/alpine:3');
    await compile('readme', text.replaceAll('docker.io/library/alpine:3', reference));
    expect(await example('readme', [], cwd)).toBe(`alpine.tar holds ${digest}\n`);
  });

  it('verify an archive, and find one damaged bit', async () => {
    const { path } = await archive();
    expect(await example('verify-archive', [path])).toMatch(/^1 images, [0-9]+ bytes.* 0 problems/);
    const bytes = await readFile(path);
    bytes[bytes.length - 20_000] = (bytes[bytes.length - 20_000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const found = await run(process.execPath, [compiled('verify-archive'), path]);
    expect(found.code, found.stderr).toBe(1);
    expect(found.stdout).toMatch(
      /^CORRUPT example\.com\/team\/app:1 blobs\/sha256\/.* 1 problems/s,
    );

    await writeFile(path, bytes.subarray(0, 100));
    const refused = await run(process.execPath, [compiled('verify-archive'), path]);
    expect(refused.code, refused.stderr).toBe(1);
    expect(refused.stdout).toMatch(/^CORRUPT: /);
  });

  it('convert an archive', async () => {
    const { path, digest } = await archive();
    const output = join(await temporaryFolder(), 'zstd.tar');
    const said = await example('convert-archive', [path, output]);
    expect(said).toMatch(new RegExp(`^${digest} is sha256:[0-9a-f]{64} in ${output}\n$`));
    expect(said).not.toContain(`is ${digest}`);
    expect(await example('walk-graph', [output])).toContain('layer.v1.tar+zstd');
    expect(await example('verify-archive', [output])).toContain(' 0 problems');
  });

  it('serve a registry in a test', async () => {
    const { code, stdout, stderr } = await run(process.execPath, [
      '--test',
      '--test-reporter=tap',
      compiled('serve-in-test'),
    ]);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/^# pass 1$/m);
  });

  it('plan a job and prune, in a workspace', async () => {
    const cwd = await createWorkspace({ 'stowage.yaml': 'engine: embedded\n' });
    const job = ['ubuntu-25.04', 'gcc15'];
    expect(await example('plan-job', job, cwd)).toMatch(/^build [a-z0-9.-]+-ubuntu-25\.04-gcc15\n/);
    expect((await stowage(['build', DEFINITION, '--save'], { cwd })).code).toBe(0);
    expect(await example('plan-job', ['ubuntu-24.04', 'gcc15'], cwd)).toMatch(/^build /);
    const pruned = await example('prune-dry-run', ['1'], cwd);
    expect(pruned).toMatch(new RegExp(`^keep archive ${NAME}: newest, .*\n`, 'm'));
    expect(pruned).toMatch(/^[0-9]+ bytes would be freed\n$/m);
    expect((await readFile(join(cwd, ARCHIVE))).byteLength).toBeGreaterThan(0);
  });

  it('copy a custom source into an archive, and walk it', async () => {
    const path = join(await temporaryFolder(), 'hello.tar');
    const said = await example('own-source', [path]);
    const digest = /sha256:[0-9a-f]{64}/.exec(said)?.[0] ?? '';
    expect(said).toBe(`${path} holds hello:1, ${digest}\n`);
    const walked = await example('walk-graph', [path, 'hello:1']);
    expect(walked).toMatch(new RegExp(`^${digest}, [0-9]+ bytes\n  linux/amd64 ${digest}\n`));
    expect(await example('verify-archive', [path])).toContain(' 0 problems');
  });
});
