// Measures the first start from nothing: node bench/npx.mjs   (npx with an empty cache, the packages on a local registry, their
// dependencies on the one that npm is set to)
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const ROUNDS = 5;
const registry = fork(join(ROOT, 'tools/local-registry.mjs'));
const [{ url }] = await once(registry, 'message');
const folder = mkdtempSync(join(tmpdir(), 'stowage-npx-'));
const npmrc = join(folder, 'npmrc');
writeFileSync(npmrc, `@stowage:registry=${url}\n${url.replace('http:', '')}:_authToken=local\n`);
// npm's audit asks a service that not every registry has.
const settings = [`--userconfig=${npmrc}`, '--no-audit'];

try {
  const packages = ['core', 'cli'].map((name) => `--workspace=packages/${name}`);
  const flags = [...packages, '--no-provenance', '--tag=latest', `--registry=${url}`];
  run('npm', ['publish', '--silent', ...flags, ...settings], ROOT);
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const cache = `--cache=${join(folder, String(round))}`;
    const start = performance.now();
    run('npx', ['--yes', ...settings, cache, '@stowage/cli', '--version'], folder);
    return performance.now() - start;
  }).sort((one, other) => one - other);
  const [median, least] = [times[Math.floor(ROUNDS / 2)], times[0]];
  console.log(`npx @stowage/cli --version: ${median.toFixed(0)} ms (least ${least.toFixed(0)})`);
} finally {
  registry.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}

function run(program, args, cwd) {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${program}: exit ${status}\n${stderr}`);
}
