// Measures `stowage serve` beside other registries in the same run: blobs and manifests, from one client and from sixteen.
// node bench/serve.mjs [WORKERS[,WORKERS]] [NAME=PROGRAM…]
//   WORKERS   numbers of workers of ours, each measured by itself; 1,2 when omitted
//   PROGRAM   a registry of the CNCF, run as `PROGRAM serve FILE`; docker-registry=docker-registry when omitted
// ROUNDS in the environment is the number of rounds; 3 when omitted.
// The clients are sockets of this one process (raw-client.mjs), so they take at most one core; their CPU time is printed, too.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClient } from './raw-client.mjs';

const [counts = '1,2', ...named] = process.argv.slice(2);
const peers = named.length > 0 ? named : ['docker-registry=docker-registry'];
const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const at = (name) => join(folder, name);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const MIB = 2 ** 20;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const BLOB = { 'content-type': 'application/octet-stream' };
/** Ticks of the kernel's clock per second (`getconf CLK_TCK`). */
const TICKS = 100;
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const LARGE_TIMES = 512;
const large = randomBytes(MIB);
const largeHash = createHash('sha256');
for (let times = 0; times < LARGE_TIMES; times++) largeHash.update(large);
const largeDigest = `sha256:${largeHash.digest('hex')}`;
const small = Array.from({ length: 1000 }, () => randomBytes(64 * 1024));
const smallDigests = small.map(digestOf);

const servers = new Map();
process.on('exit', () => {
  for (const { child } of servers.values()) child.kill();
});
for (const workers of counts.split(',')) servers.set(`ours, ${workers}`, await startOurs(workers));
for (const peer of peers) servers.set(peer.split('=')[0], await startTheirs(...peer.split('=')));
const rows = new Map();
try {
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, { host, pid }] of servers) await measure(name, { host, pid, round });
  const names = [...servers.keys()];
  console.log(`| what | ${names.join(' | ')} |\n| --- |${' ---: |'.repeat(names.length)}`);
  for (const [what, row] of rows) {
    const cells = names.map((name) => {
      const [value, server, client] = median(row.get(name));
      const cpu = server === undefined ? '' : ` (${server.toFixed(2)} + ${client.toFixed(2)})`;
      return `${value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)}${cpu}`;
    });
    console.log(`| ${what} | ${cells.join(' | ')} |`);
  }
  console.log('\nIn brackets: seconds of CPU of the server and of the clients.');
} finally {
  for (const { child } of servers.values()) child.kill();
  await Promise.all([...servers.values()].map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function measure(name, { host, pid, round }) {
  const repository = `bench/r${round}`;
  const note = (what, value) => {
    if (!rows.has(what)) rows.set(what, new Map());
    const row = rows.get(what);
    row.set(name, [...(row.get(name) ?? []), value]);
  };
  /** Runs `work` and notes `valueOf` its seconds, with CPU times. */
  const time = async (what, work, valueOf = (seconds) => seconds) => {
    const [server, client, start] = [cpuOf(pid), cpuOf(process.pid), performance.now()];
    await work();
    const seconds = (performance.now() - start) / 1000;
    note(what, [valueOf(seconds), cpuOf(pid) - server, cpuOf(process.pid) - client]);
  };
  const blob = `/v2/${repository}/blobs/${largeDigest}`;
  await connected(host, 1, async ([client]) => {
    await time('PUT 512 MiB, s', () => put(client, repository, largeDigest, large, LARGE_TIMES));
    await time('GET 512 MiB, s', () => client.send('GET', blob));
  });
  for (const count of [1, 16]) {
    const each = `${repository}/c${count}`;
    const many = (what, times, work) =>
      connected(host, count, (clients) =>
        time(
          `${what}, ${count} ${count === 1 ? 'client' : 'clients'}, per s`,
          () => share(clients, times, work),
          (seconds) => times / seconds,
        ),
      );
    await many('PUT 64 KiB', small.length, (client, n) =>
      put(client, each, smallDigests[n], small[n]),
    );
    await many('GET 64 KiB', 8000, (client, n) =>
      client.send('GET', `/v2/${each}/blobs/${smallDigests[n % small.length]}`),
    );
    await connected(host, 1, ([client]) => putManifest(client, each));
    for (const method of ['HEAD', 'GET'])
      await many(`${method} manifest`, 10_000, (client) =>
        client.send(method, `/v2/${each}/manifests/1`, { headers: { accept: MANIFEST } }),
      );
  }
  note('peak memory, MiB', [peakOf(pid)]);
}

/** Runs `work` on new connections: servers close those that were idle for some seconds. */
async function connected(host, count, work) {
  const clients = await Promise.all(Array.from({ length: count }, () => openClient(host)));
  await work(clients);
  for (const client of clients) client.close();
}

/** Does `work` `count` times, each client one at a time. */
async function share(clients, count, work) {
  let next = 0;
  const loop = async (client) => {
    while (next < count) await work(client, next++);
  };
  await Promise.all(clients.map(loop));
}

async function put(client, repository, digest, body, times = 1) {
  const { headers } = await client.send('POST', `/v2/${repository}/blobs/uploads/`);
  const url = new URL(headers.location, 'http://registry');
  url.searchParams.set('digest', digest);
  await client.send('PUT', url.pathname + url.search, { body, times, headers: BLOB });
}

async function putManifest(client, repository) {
  const [digest] = smallDigests;
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest,
    size: small[0].length,
  };
  const layer = { ...config, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' };
  const layers = Array(10).fill(layer);
  const body = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }),
  );
  const headers = { 'content-type': MANIFEST };
  await client.send('PUT', `/v2/${repository}/manifests/1`, { body, headers });
}

function median(values) {
  return values.toSorted(([a], [b]) => a - b)[Math.floor(values.length / 2)];
}

/** Seconds of CPU of a process and its children (Linux). */
function cpuOf(pid) {
  return treeOf(pid).reduce((sum, each) => {
    const fields = statOf(each);
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
  }, 0);
}

/** The sum of the peak memory of a process and its children, in MiB. */
function peakOf(pid) {
  return treeOf(pid).reduce((sum, each) => {
    const [, kib = 0] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8')) ?? [];
    return sum + Number(kib) / 1024;
  }, 0);
}

function treeOf(pid) {
  if (pid === process.pid) return [pid];
  const children = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(statOf(name)?.[1]) === pid,
  );
  return [pid, ...children.map(Number)];
}

/** The fields of /proc/PID/stat after the name: state, parent, … */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function ending(child) {
  return new Promise((resolve) => child.once('close', resolve));
}

async function startOurs(workers) {
  const flags = ['--json', '--quiet', '--workers', workers, '--root', at(`ours-${workers}`)];
  const child = spawn(process.execPath, [CLI, 'serve', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise((resolve) => child.stdout.once('data', resolve));
  return { child, ended: ending(child), pid: child.pid, host: new URL(JSON.parse(line).url).host };
}

async function startTheirs(name, program) {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: at(name) } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(at(`${name}.yml`), JSON.stringify(config));
  const child = spawn(program, ['serve', at(`${name}.yml`)], { stdio: 'ignore' });
  const isUp = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(!socket.destroy() || true));
      socket.on('error', () => resolve(false));
    });
  for (let tries = 0; !(await isUp()); tries++) {
    if (tries === 100) throw new Error(`${name} did not start`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { child, ended: ending(child), pid: child.pid, host: `127.0.0.1:${port}` };
}
