import { copyFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { must, run, temporaryFolder } from './run.js';

const PACKAGES = join(import.meta.dirname, '../../packages');

it('nx release would publish every package with provenance', async () => {
  const cwd = join(PACKAGES, '..');
  const { code, stdout, stderr } = await run('npx', ['nx', 'release', 'publish', '--dry-run'], {
    cwd,
    env: { NX_DAEMON: 'false', NX_NO_CLOUD: 'true', CI: 'true' },
  });
  expect(code, stdout + stderr).toBe(0);
  for (const name of ['core', 'images', 'cli']) {
    expect(stdout).toContain(`@stowage/${name}`);
    const manifest = JSON.parse(await readFile(join(PACKAGES, name, 'package.json'), 'utf8')) as {
      publishConfig: object;
    };
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
  }
});

it.each(['core', 'images', 'cli'])(
  'a registry has %s, with what users need and nothing else',
  async (name) => {
    const folder = join(PACKAGES, name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      version: string;
      bin?: Record<string, string>;
    };
    const view = JSON.parse(
      await must('npm', ['view', `@stowage/${name}`, '--json', '--userconfig', inject('npmrc')]),
    ) as unknown;
    expect(view).toMatchObject({
      license: 'MIT',
      version: manifest.version,
      'dist-tags': { latest: manifest.version },
    });
    const [packed] = JSON.parse(
      await must('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder }),
    ) as [{ files: { path: string }[] }];
    const files = packed.files.map(({ path }) => path);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(
      files.filter((file) => /\.test\.|tsbuildinfo|testing\/|out-tsc|vitest|eslint/.test(file)),
    ).toEqual([]);
    for (const target of await namedFiles(folder)) expect(files).toContain(target);
  },
);

it.each(['core', 'images', 'cli'])(
  '%s has the files of its manifest, for Node.js, bundlers and TypeScript',
  async (name) => {
    const folder = join(PACKAGES, name);
    await must('npx', ['publint', '--strict', '--pack', 'npm'], { cwd: folder });
    await must('npx', ['attw', '--pack', '.', '--profile', 'esm-only'], { cwd: folder });
  },
);

it('the installed command runs on its own', async () => {
  const cwd = await temporaryFolder();
  await copyFile(inject('npmrc'), join(cwd, '.npmrc'));
  await must('npm', ['install', '--prefix', cwd, '@stowage/cli'], { cwd });
  const { version } = JSON.parse(await readFile(join(PACKAGES, 'cli/package.json'), 'utf8')) as {
    version: string;
  };
  expect(await must(join(cwd, 'node_modules/.bin/stowage'), ['--version'])).toBe(`${version}\n`);
  const { code, stdout } = await run(join(cwd, 'node_modules/.bin/stowage'), ['ls', '--json'], {
    cwd,
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: '{"entries":[]}\n' });
  const [megabytes = ''] = (
    await must('du', ['-sm', '--apparent-size', 'node_modules'], { cwd })
  ).split('\t');
  expect(Number(megabytes)).toBeLessThan(12);
  // The size of the loaded code determines the startup time on any machine; bench/startup.mjs measures the time.
  const archive = join(PACKAGES, 'core/testing/golden/docker-20-several.tar');
  expect(await loadedBytes(cwd, '--version')).toBeLessThan(1_000);
  expect(await loadedBytes(cwd, 'inspect', archive)).toBeLessThan(900_000);
  // No package has install scripts.
  const scripts = await must(
    'npm',
    ['query', ':attr(scripts, [install]), :attr(scripts, [postinstall])'],
    { cwd },
  );
  expect((JSON.parse(scripts) as { name: string }[]).map((each) => each.name)).toEqual([]);
});

it('the bill of materials lists all installed packages, and no path of this machine', async () => {
  const file = join(await temporaryFolder(), 'sbom.json');
  await must('node', [join(PACKAGES, '../tools/sbom.mjs'), file]);
  const text = await readFile(file, 'utf8');
  const { components } = JSON.parse(text) as { components: { name: string }[] };
  const licences = await readFile(join(PACKAGES, '../docs/licences.md'), 'utf8');
  const listed = [...licences.matchAll(/^\| (\S+) +\| [0-9]/gm)].map(([, name]) => name ?? '');
  // The command does not contain the packages that only the plugin needs.
  const ofPlugin = ['balanced-match', 'brace-expansion', 'jsonc-parser', 'minimatch'];
  const ofCommand = listed.filter((name) => !ofPlugin.includes(name));
  expect(components.map(({ name }) => name).sort()).toEqual(
    [...new Set([...ofCommand, '@stowage/cli', '@stowage/core'])].sort(),
  );
  expect(text).not.toContain('file:');
});

/** The size of all files of code that the installed command loads, in bytes. */
async function loadedBytes(cwd: string, ...args: string[]): Promise<number> {
  const folder = await temporaryFolder();
  await must(join(cwd, 'node_modules/.bin/stowage'), args, {
    cwd,
    env: { NODE_V8_COVERAGE: folder },
  });
  const reports = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  const urls = reports.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
  const files = new Set(urls.filter((url) => url.startsWith('file:')));
  const sizes = await Promise.all([...files].map(async (file) => (await stat(new URL(file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Every file that a manifest names: entry points, manual pages, executors, generators and their schemas. */
async function namedFiles(folder: string): Promise<string[]> {
  const texts = await Promise.all(
    ['package.json', 'executors.json', 'generators.json'].map((file) =>
      readFile(join(folder, file), 'utf8').catch(() => ''),
    ),
  );
  const named = texts.flatMap((text) =>
    [...text.matchAll(/"\.\/((?:dist|man|src|[a-z]+\.json)[^"*]*\.(?:js|d\.ts|json|1))"/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  // Entries for sources are used only in this repository.
  return named.filter((file) => !file.endsWith('.ts') || file.endsWith('.d.ts'));
}
