// Measures verifying an archive beside comparable tools in the same run: medians of three.
// node bench/verify.mjs ARCHIVE [crane]   (skopeo and openssl from PATH, crane if named)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

const [archive, crane = 'crane'] = process.argv.slice(2);
if (!archive) throw new Error('node bench/verify.mjs ARCHIVE [crane]');
const stowage = join(import.meta.dirname, '../packages/cli/dist/main.js');
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const size = statSync(archive).size;
const CORES = availableParallelism();

const rows = {
  'stowage verify': () => run(process.execPath, [stowage, 'verify', archive]),
  'openssl dgst -sha256': () => run('openssl', ['dgst', '-sha256', archive]),
  // The limit of hashing on all cores: each hashes a part of the file.
  [`openssl dgst -sha256, ${CORES} at once`]: () => {
    const part = Math.ceil(size / CORES / 65536);
    const one = (n) =>
      `dd if="$0" bs=64k skip=${n * part} count=${part} status=none | openssl dgst -sha256`;
    const all = Array.from({ length: CORES }, (_, n) => `(${one(n)}) &`).join(' ');
    return run('bash', ['-c', `${all} wait`, archive]);
  },
  'skopeo copy to dir:': () => {
    rmSync(join(folder, 'dir'), { recursive: true, force: true });
    return run('skopeo', ['copy', '-q', `docker-archive:${archive}`, `dir:${join(folder, 'dir')}`]);
  },
  'crane validate': () => run(crane, ['validate', '--tarball', archive]),
};

try {
  const results = Object.entries(rows).map(([what, work]) => [
    what,
    median([work(), work(), work()]),
  ]);
  const own = results[0]?.[1];
  console.log(`${(size / 1e6).toFixed(0)} MB, ${CORES} cores`);
  for (const [what, seconds] of results) {
    const shown =
      seconds === undefined
        ? 'not here'
        : `${seconds.toFixed(2)} s, ${(size / 1e9 / seconds).toFixed(2)} GB/s`;
    const ratio =
      seconds === undefined || own === undefined
        ? ''
        : `, ours takes ${(own / seconds).toFixed(2)} ×`;
    console.log(`${what}: ${shown}${ratio}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(program, args) {
  const start = performance.now();
  const { status, error } = spawnSync(program, args, { stdio: 'ignore' });
  return error || status !== 0 ? undefined : (performance.now() - start) / 1000;
}

function median(values) {
  return values.includes(undefined) ? undefined : values.sort((a, b) => a - b)[1];
}
