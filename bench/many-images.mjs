// Measures many small images in one command: load, verify, push, pull, sync and lookups in a share; also through a proxy that delays
// each answer of the registry.
// node bench/many-images.mjs [IMAGES] [ROUNDS] [ROWS]   (300, 3; ROWS: a regular expression of the rows to run; build first;
// docker-registry from PATH is measured, too; a row that others need runs always)
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeImageArchive } from './small-images.mjs';
import { freePort } from './free-port.mjs';

const [count = '300', rounds = '3', only = ''] = process.argv.slice(2);
const IMAGES = Number(count);
const DELAY_MS = 50;
const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const PEAK = join(import.meta.dirname, 'peak.mjs');
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const at = (...names) => join(folder, ...names);
const wanted = new RegExp(only);
const stops = [];
const rows = new Map();
let used = 0;

try {
  for (let n = 0; n < IMAGES; n++) writeImageArchive(at('archives', `app-${n}.tar`), n);
  for (let n = 0; n < IMAGES; n++) define(n);
  const registries = { 'stowage serve': await startOurs() };
  if (spawnSync('docker-registry', ['--version']).status === 0)
    registries['docker-registry'] = await startTheirs();
  if (only === '' || /sync|share/.test(only)) await prepareDefinitions(registries['stowage serve']);
  for (let round = 0; round < Number(rounds); round++) {
    await measureLocal();
    for (const [name, port] of Object.entries(registries))
      for (const delay of [0, DELAY_MS])
        await measureRegistry(`${name}${delay === 0 ? '' : `, ${delay} ms`}`, {
          prefix: `r${round}d${delay}`,
          host: `127.0.0.1:${delay === 0 ? port : await delayed(port, delay)}`,
          isOurs: name === 'stowage serve',
        });
  }
  console.log('| what | seconds | CPU, s | peak, MiB |\n| --- | ---: | ---: | ---: |');
  for (const [what, results] of rows) {
    const each = (key, digits) => results.map((one) => one[key].toFixed(digits)).join(', ');
    console.log(`| ${what} | ${each('seconds', 1)} | ${each('cpu', 1)} | ${each('peak', 0)} |`);
  }
} finally {
  for (const stop of stops) stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measureLocal() {
  const here = { cwd: fresh() };
  const load = ['load', at('archives'), '--engine', 'embedded'];
  await measure('load (embedded)', load, here);
  await measure('load (embedded), nothing to do', load, here);
  await measure('verify', ['verify', at('archives')], here);
}

async function measureRegistry(to, { host, prefix, isOurs }) {
  const here = { cwd: fresh() };
  const push = ['push', at('archives'), '--to', `${host}/${prefix}`];
  await measure(`push to ${to}`, push, { ...here, always: true });
  await measure(`push to ${to}, nothing to do`, push, here);
  const names = Array.from({ length: IMAGES }, (_, n) => `${host}/${prefix}/bench/app-${n}:1`);
  const list = join(here.cwd, 'images.txt');
  writeFileSync(list, names.join('\n'));
  const pull = ['pull', '--images-from', list];
  await measure(`pull from ${to} into an archive`, [...pull, '-o', 'all.tar'], here);
  await measure(`pull from ${to} into the cache`, pull, { cwd: fresh() });
  const loadAll = ['load', '--images-from', list, '--engine', 'embedded'];
  await measure(`load from ${to}`, loadAll, { cwd: fresh() });
  const sync = ['sync', 'images', `${host}/${prefix}/sync`];
  await measure(`sync to ${to}`, sync, { cwd: at('defined') });
  await measure(`sync to ${to}, nothing to do`, sync, { cwd: at('defined') });
  if (!isOurs || !(only === '' || only.includes('share'))) return;
  const cwd = fresh();
  const from = at('defined');
  spawnSync('cp', ['-r', join(from, 'apps'), cwd]);
  share(cwd, host);
  const save = ['build', ...definitions(cwd), '--save'];
  await measure(`share on ${to}, all looked up`, save, { cwd, share: 'read' });
  await measure(`share on ${to}, nothing to do`, save, { cwd, share: 'read' });
  const load = ['load', ...imageNames(), '--engine', 'embedded'];
  await measure(`share on ${to}, load`, load, { cwd, share: 'read' });
  await measure(`share on ${to}, load, nothing to do`, load, { cwd, share: 'read' });
  await measure(`share on ${to}, ls`, ['ls'], { cwd, share: 'read' });
}

/** Saves the images of all definitions as archives, and publishes them to a share. */
async function prepareDefinitions(port) {
  const cwd = at('defined');
  const save = ['build', ...definitions(cwd), '--save'];
  await measure('build --save', save, { cwd, share: 'off', always: true });
  const publisher = fresh();
  spawnSync('cp', ['-r', join(cwd, 'apps'), publisher]);
  share(publisher, `127.0.0.1:${port}`);
  const publish = ['build', ...definitions(publisher), '--save'];
  await measure('build --save, published', publish, {
    cwd: publisher,
    share: 'read-write',
    always: true,
  });
}

function define(n) {
  const path = at('defined/apps/app/images', `debian-12-v${n}`);
  mkdirSync(path, { recursive: true });
  const base = n < 10 ? 'scratch' : `app-debian-12-v${n % 10}`;
  writeFileSync(join(path, 'data'), `${n}`);
  writeFileSync(
    join(path, 'image.yaml'),
    `project: app\nos: debian-12\nvariant: v${n}\nbase: ${base}\ncopy: [{ from: data, to: /opt/${n} }]\n`,
  );
}

function share(cwd, host) {
  const text = `engine: embedded\nshare: { repository: http://${host}/share }\n`;
  writeFileSync(join(cwd, 'stowage.yaml'), text);
}

function definitions(cwd) {
  return Array.from({ length: IMAGES }, (_, n) => join(cwd, 'apps/app/images', `debian-12-v${n}`));
}

function imageNames() {
  return Array.from({ length: IMAGES }, (_, n) => `app-debian-12-v${n}`);
}

/** A folder of its own, an empty workspace. */
function fresh() {
  const path = at(`workspace-${used++}`);
  mkdirSync(path);
  writeFileSync(join(path, 'stowage.yaml'), '');
  return path;
}

function runs(what) {
  return wanted.test(what);
}

/** Runs our command if its row is wanted, and notes seconds, seconds of CPU and peak memory. */
async function measure(what, args, { cwd, share: access = 'off', always = false }) {
  if (!always && !runs(what)) return;
  const [peak, cpu] = [at('peak'), at('cpu')];
  const env = {
    ...process.env,
    STOWAGE_BENCH_PEAK: peak,
    STOWAGE_BENCH_CPU: cpu,
    STOWAGE_CACHE_DIR: join(cwd, 'cache'),
    STOWAGE_SHARE: access,
  };
  const started = performance.now();
  // The proxy runs in this process, so it must not wait.
  const child = spawn(process.execPath, [`--import=${PEAK}`, CLI, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${what}: exit ${code}\n${said.slice(0, 4000)}`);
  const result = {
    seconds: (performance.now() - started) / 1000,
    cpu: Number(readFileSync(cpu, 'utf8')),
    peak: Number(readFileSync(peak, 'utf8')) / 2 ** 20,
  };
  rows.set(what, [...(rows.get(what) ?? []), result]);
  console.error(`${what}: ${result.seconds.toFixed(1)} s`);
}

async function startOurs() {
  const port = await freePort();
  const root = at('registry-ours');
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--root', root, '--quiet'];
  return start(process.execPath, [CLI, ...args], port);
}

async function startTheirs() {
  const port = await freePort();
  const config = at('registry.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${at('registry-theirs')} } }\nhttp: { addr: '127.0.0.1:${port}' }\n`,
  );
  return start('docker-registry', ['serve', config], port);
}

async function start(program, args, port) {
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore' });
  stops.push(() => child.kill());
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${program} ${args[0]}: exit ${child.exitCode}`);
    if (await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined)) return port;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A port in front of another one that passes on each answer after a delay (ms). */
async function delayed(port, delay) {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    client.pipe(upstream);
    upstream.on('data', (chunk) => setTimeout(() => client.write(chunk), delay));
    upstream.on('end', () => setTimeout(() => client.end(), delay));
    client.on('close', () => upstream.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return server.address().port;
}
