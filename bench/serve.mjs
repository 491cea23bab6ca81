// Measures `stowage serve` beside docker-registry in the same run: blobs and manifests, from one client and from sixteen.
// node bench/serve.mjs   (docker-registry and curl from PATH)
import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const at = (name) => join(folder, name);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const MIB = 2 ** 20;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const large = Buffer.concat(Array.from({ length: 512 }, () => randomBytes(MIB)));
const largeDigest = digestOf(large);
writeFileSync(at('large'), large);
const small = Array.from({ length: 1000 }, () => randomBytes(64 * 1024));
const smallDigests = small.map(digestOf);

const servers = { stowage: await startOurs(), 'docker-registry': await startTheirs() };
const rows = new Map();
try {
  for (let round = 0; round < 3; round++)
    for (const [name, { host, pid }] of Object.entries(servers)) {
      const repository = `bench/r${round}`;
      const note = (what, value) => {
        const row = rows.get(what) ?? {};
        rows.set(what, { ...row, [name]: [...(row[name] ?? []), value] });
      };
      note('PUT 512 MiB, s', await timed(() => putLarge(host, repository)));
      note(
        'GET 512 MiB, s',
        await timed(() => curl(`http://${host}/v2/${repository}/blobs/${largeDigest}`)),
      );
      for (const clients of [1, 16]) {
        const each = `${repository}/c${clients}`;
        const put = await many(clients, small.length, (n) => putSmall(host, each, n));
        note(`PUT 64 KiB, ${clients} clients, per s`, put.rate);
        note(`PUT 64 KiB, ${clients} clients, p99 ms`, put.p99);
        const get = await many(clients, small.length, (n) =>
          send(host, 'GET', `/v2/${each}/blobs/${smallDigests[n]}`),
        );
        note(`GET 64 KiB, ${clients} clients, per s`, get.rate);
        await putManifest(host, each);
        for (const method of ['HEAD', 'GET']) {
          const manifests = await many(clients, 3000, () =>
            send(host, method, `/v2/${each}/manifests/1`, { headers: { accept: MANIFEST } }),
          );
          note(`${method} manifest, ${clients} clients, per s`, manifests.rate);
          note(`${method} manifest, ${clients} clients, p99 ms`, manifests.p99);
        }
      }
      note('peak RSS, MiB', peakOf(pid));
    }
  for (const [what, row] of rows) {
    const [ours, theirs] = ['stowage', 'docker-registry'].map((name) => median(row[name]));
    console.log(
      `${what}: ${ours.toFixed(2)}, docker-registry ${theirs.toFixed(2)}: ${(ours / theirs).toFixed(2)} ×`,
    );
  }
} finally {
  for (const { child } of Object.values(servers)) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function many(clients, count, work) {
  const times = [];
  let next = 0;
  const seconds = await timed(() =>
    Promise.all(
      Array.from({ length: clients }, async () => {
        while (next < count) {
          const n = next++;
          times.push(await timed(() => work(n)));
        }
      }),
    ),
  );
  times.sort((a, b) => a - b);
  return { rate: count / seconds, p99: times[Math.floor(count * 0.99)] * 1000 };
}

function send(host, method, path, { body, headers = {} } = {}) {
  const [hostname, port] = host.split(':');
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        agent,
        headers: { ...headers, 'content-length': body?.length ?? 0 },
      },
      (answer) => {
        answer
          .resume()
          .on('end', () =>
            answer.statusCode < 300
              ? resolve(answer.headers)
              : reject(new Error(`${method} ${path}: ${answer.statusCode}`)),
          );
      },
    );
    sent.on('error', reject).end(body);
  });
}

async function place(host, repository, digest) {
  const { location } = await send(host, 'POST', `/v2/${repository}/blobs/uploads/`);
  const url = new URL(location, `http://${host}`);
  url.searchParams.set('digest', digest);
  return url;
}

async function putSmall(host, repository, n) {
  const { pathname, search } = await place(host, repository, smallDigests[n]);
  await send(host, 'PUT', pathname + search, {
    body: small[n],
    headers: { 'content-type': 'application/octet-stream' },
  });
}

async function putLarge(host, repository) {
  const { href } = await place(host, repository, largeDigest);
  curl('-T', at('large'), '-H', 'content-type: application/octet-stream', href);
}

function curl(...args) {
  execFileSync('curl', ['-sSf', '-o', '/dev/null', ...args]);
}

async function putManifest(host, repository) {
  const [digest] = smallDigests;
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest,
    size: small[0].length,
  };
  const mediaType = MANIFEST;
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config,
      layers: Array(10).fill({
        ...config,
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      }),
    }),
  );
  await send(host, 'PUT', `/v2/${repository}/manifests/1`, {
    body,
    headers: { 'content-type': mediaType },
  });
}

/** The peak memory of a process, from /proc (Linux). */
function peakOf(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function startOurs() {
  const child = spawn(process.execPath, [CLI, 'serve', '--json', '--quiet', '--root', at('ours')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise((resolve) => child.stdout.once('data', resolve));
  return { child, pid: child.pid, host: new URL(JSON.parse(line).url).host };
}

async function startTheirs() {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const config = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: at('theirs') } },
    http: { addr: `127.0.0.1:${port}` },
  };
  writeFileSync(at('config.yml'), JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', at('config.yml')], { stdio: 'ignore' });
  const host = `127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const isThere = await send(host, 'GET', '/v2/').then(
      () => true,
      () => false,
    );
    if (isThere) return { child, pid: child.pid, host };
    if (tries === 100) throw new Error('docker-registry did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
