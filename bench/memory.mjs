// Measures time and peak memory of the main job, small and large, beside the engine's own commands in the same run.
// node bench/memory.mjs [MiB…]; DOCKER_HOST names the engine; without it only the embedded store is measured.
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const NAME = 'bench-debian-12-large';
const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 0) sizes.push(50, 1024);
const rows = [];

for (const size of sizes) {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
  try {
    measure(folder, size);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
console.log('| MiB | what | seconds | MiB/s | peak, MiB |\n| ---: | --- | ---: | ---: | ---: |');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);

function measure(folder, size) {
  mkdirSync(join(folder, 'image/files'), { recursive: true });
  writeFileSync(join(folder, 'stowage.yaml'), '');
  writeFileSync(
    join(folder, 'image/image.yaml'),
    'project: bench\nos: debian-12\nvariant: large\ncopy: [{ from: files, to: /opt }]\n',
  );
  fill(join(folder, 'image/files/random'), size);
  const stowage = (what, ...args) =>
    run(folder, size, what, process.execPath, [
      `--import=${join(import.meta.dirname, 'peak.mjs')}`,
      CLI,
      ...args,
    ]);
  stowage('build --save', 'build', 'image', '--save');
  stowage('build --save, nothing to do', 'build', 'image', '--save');
  stowage('inspect', 'inspect', NAME);
  stowage('load (embedded)', 'load', NAME, '--engine', 'embedded');
  stowage('load (embedded), nothing to do', 'load', NAME, '--engine', 'embedded');
  const archive = `images/bench/${NAME}.tar`;
  stowage('verify', 'verify', archive);
  stowage('copy to a layout', 'copy', archive, 'oci:layout');
  run(folder, size, 'peer: skopeo copy to a layout', 'skopeo', [
    'copy',
    '-q',
    `oci-archive:${archive}`,
    'oci:peer',
  ]);
  stowage('copy a layout to an archive', 'copy', 'layout', 'copied.tar');
  rmSync(join(folder, 'layout'), { recursive: true });
  rmSync(join(folder, 'peer'), { recursive: true, force: true });
  stowage('copy in parts', 'copy', archive, 'copied.tar', '--force', '--split', '1GB');
  stowage('verify parts', 'verify', 'copied.tar');
  stowage('convert --compress gzip', 'convert', archive, 'gzip.tar', '--compress', 'gzip');
  stowage('verify gzip', 'verify', 'gzip.tar');
  stowage('convert --compress zstd', 'convert', archive, 'zstd.tar', '--compress', 'zstd');
  stowage('verify zstd', 'verify', 'zstd.tar');
  stowage('convert --compress none', 'convert', 'zstd.tar', 'none.tar', '--compress', 'none');
  for (const file of readdirSync(folder).filter((name) => name.includes('.tar')))
    rmSync(join(folder, file));
  if (spawnSync('docker', ['version']).status !== 0) return;
  stowage('load (docker)', 'load', NAME, '--engine', 'docker');
  stowage('load (docker), nothing to do', 'load', NAME, '--engine', 'docker');
  stowage('save (docker)', 'save', NAME, '--engine', 'docker', '-o', 'saved.tar');
  run(folder, size, 'peer: docker save', 'docker', ['save', '-o', 'peer.tar', NAME]);
  spawnSync('docker', ['image', 'rm', NAME]);
  run(folder, size, 'peer: docker load', 'docker', ['load', '-i', archive]);
  spawnSync('docker', ['image', 'rm', NAME]);
}

function run(cwd, size, what, program, args) {
  const peakFile = join(cwd, 'peak');
  rmSync(peakFile, { force: true });
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, STOWAGE_BENCH_PEAK: peakFile },
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (program === 'skopeo' && status === null) return;
  if (status !== 0) throw new Error(`${what}: exit ${status}\n${stderr}`);
  const peak =
    program === process.execPath
      ? (Number(readFileSync(peakFile, 'utf8')) / 1024 ** 2).toFixed(0)
      : '-';
  rows.push([String(size), what, seconds.toFixed(2), (size / seconds).toFixed(0), peak]);
}

function fill(path, mebibytes) {
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(1024 * 1024);
  for (let n = 0; n < mebibytes; n++) writeSync(file, randomFillSync(chunk));
  closeSync(file);
}
