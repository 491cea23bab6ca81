// Measures an image of many small files: node bench/small-files.mjs [FILES [BYTES]]   (50,000 of 1,500; run `npx nx run-many -t build`
// first). Beside it: tar of the same folder and, if DOCKER_HOST names an engine, builds of it there.
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const PEAK = join(import.meta.dirname, 'peak.mjs');
const ROUNDS = 3;
const PER_FOLDER = 20;
const FOLDERS_PER_PACKAGE = 5;
const [files = 50_000, bytes = 1500] = process.argv.slice(2).map(Number);
const root = mkdtempSync(join(tmpdir(), 'stowage-small-files-'));
const rows = [];

try {
  fill(join(root, 'image/files'));
  writeFileSync(join(root, 'stowage.yaml'), '');
  const image = 'project: bench\nos: debian-12\nvariant: small\n';
  writeFileSync(join(root, 'image/image.yaml'), `${image}copy: [{ from: files, to: /opt }]\n`);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const folder of ['images', '.stowage'])
      rmSync(join(root, folder), { recursive: true, force: true });
    stowage('save', 'build', 'image', '--save');
    stowage('save, nothing to do', 'build', 'image', '--save');
    appendFileSync(join(root, `image/files/${pathOf(0)}`), 'x');
    stowage('save, one file changed', 'build', 'image', '--save');
    peer('tar cf', 'tar', '-C', 'image', '-cf', 'peer.tar', 'files');
  }
  if (process.env.DOCKER_HOST) {
    writeFileSync(join(root, 'image/Dockerfile'), 'FROM scratch\nCOPY files /opt/\n');
    for (let round = 1; round <= ROUNDS; round++) {
      appendFileSync(join(root, `image/files/${pathOf(0)}`), 'x');
      peer('docker build', 'docker', 'build', '-q', '-t', 'bench-small-files', 'image');
    }
    writeFileSync(join(root, 'image/image.yaml'), `${image}dockerfile: Dockerfile\n`);
    for (let round = 1; round <= ROUNDS; round++) {
      appendFileSync(join(root, `image/files/${pathOf(0)}`), 'x');
      stowage('build with the engine', 'build', 'image', '--engine', 'docker');
    }
    spawnSync('docker', ['image', 'rm', '-f', 'bench-small-files', 'bench-debian-12-small']);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length), 8));
for (const row of [['what', 'seconds', 'CPU', 'peak MiB'], ...rows])
  console.log(row.map((cell, at) => cell.padEnd(widths[at])).join('  '));

/** Writes the files in folders as those of npm's packages: a few of them, two levels deep. */
function fill(folder) {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < files; at++) {
    const path = join(folder, pathOf(at));
    if (at % PER_FOLDER === 0) mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, randomFillSync(content));
  }
}

function pathOf(at) {
  const folder = Math.floor(at / PER_FOLDER);
  return `package-${Math.floor(folder / FOLDERS_PER_PACKAGE)}/lib-${folder % FOLDERS_PER_PACKAGE}/file-${at}.js`;
}

function stowage(what, ...args) {
  const [peak, cpu] = [join(root, 'peak'), join(root, 'cpu')];
  const env = { ...process.env, STOWAGE_BENCH_PEAK: peak, STOWAGE_BENCH_CPU: cpu };
  const seconds = run(what, process.execPath, [`--import=${PEAK}`, CLI, ...args], env);
  const read = (path) => Number(readFileSync(path, 'utf8'));
  rows.push([what, seconds, read(cpu).toFixed(2), (read(peak) / 1024 ** 2).toFixed(0)]);
}

/** Another program; bash tells its seconds of CPU. */
function peer(what, ...command) {
  const file = join(root, 'cpu');
  const script = 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>&3; } 3>&2 2>"$STOWAGE_BENCH_CPU"';
  const env = { ...process.env, STOWAGE_BENCH_CPU: file, DOCKER_BUILDKIT: '0' };
  const seconds = run(what, 'bash', ['-c', script, 'bash', ...command], env);
  const cpu = readFileSync(file, 'utf8').trim().split(' ').map(Number);
  rows.push([what, seconds, cpu.reduce((sum, each) => sum + each).toFixed(2), '-']);
}

function run(what, program, args, env) {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd: root, env, encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${what}: exit ${status}\n${stderr}`);
  return seconds.toFixed(2);
}
