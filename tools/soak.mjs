// Runs save, load, push, pull, prune and gc concurrently, kills some of them and the registry (kill -9), and checks after
// each round that nothing was lost: npm run soak -- [--seconds 3600] [--seed N]
import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3600' }, seed: { type: 'string' } },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? randomInt(2 ** 31));
const random = generator(seed);

const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const WORKERS = 4;
/** Duration of a round; each ends with a check (ms). */
const ROUND_MS = 12_000;
const IMAGES = ['a', 'b', 'c', 'd'].map((variant) => `app-debian-12-${variant}`);
/** Tags that stay in the registry after a check. */
const KEPT_TAGS = 20;

const workspace = mkdtempSync(join(tmpdir(), 'stowage-soak-'));
const registry = join(workspace, 'registry');
const port = await freePort();
const host = `127.0.0.1:${port}`;

/** The digest of each tag whose push succeeded. */
const acknowledged = new Map();
const counts = { done: 0, pushed: 0, killed: 0, servers: 0, proofs: 0 };
const violations = [];
const busy = new Set();
let tags = 0;

writeFileSync(join(workspace, 'stowage.yaml'), 'prune: { keep_newest: 1 }\n');
mkdirSync(registry);
for (const name of IMAGES) write(name);

const OPERATIONS = [
  [4, save],
  [4, load],
  [6, push],
  [2, pull],
  [2, () => stowage('verify', [pick(IMAGES)], [0, 3])],
  [1, () => stowage('prune', ['--unused-for', '1s'], [0, 7])],
  // The grace exceeds the longest push, including restarts of the registry.
  [1, () => stowage('gc', ['--root', registry, '--grace', '30s'], [0])],
  [1, () => stowage('doctor', ['--fix'], [0, 4])],
  [1, () => stowage('ls', [], [0])],
  [1, () => stowage('report', ['--engine', 'embedded'], [0])],
];

console.log(`soak: ${seconds} s, seed ${seed}, in ${workspace}`);
let server = await startServer();
const end = Date.now() + seconds * 1000;
try {
  while (Date.now() < end && violations.length === 0) {
    const until = Math.min(end, Date.now() + ROUND_MS);
    await Promise.all([...Array.from({ length: WORKERS }, () => work(until)), killServers(until)]);
    await prove();
  }
} finally {
  server.kill('SIGKILL');
}
const { done, pushed, killed, servers, proofs } = counts;
console.log(
  `${done} operations, ${pushed} pushes among them; ${killed} of them and ${servers} servers killed; ${proofs} proofs`,
);
for (const violation of violations) console.error(violation);
if (violations.length === 0) rmSync(workspace, { recursive: true, force: true });
else console.error(`seed ${seed}; workspace kept: ${workspace}`);
console.log(violations.length === 0 ? 'nothing was lost' : `${violations.length} violations`);
// A run without a push or a check proves nothing.
process.exitCode = violations.length === 0 && proofs > 0 && pushed > 0 ? 0 : 1;

async function work(until) {
  while (Date.now() < until && violations.length === 0) {
    const total = OPERATIONS.reduce((sum, [weight]) => sum + weight, 0);
    let at = random() * total;
    const [, operation] = OPERATIONS.find(([weight]) => (at -= weight) < 0) ?? OPERATIONS[0];
    await operation();
    counts.done++;
  }
}

/** Changes the input file of an image, and builds and saves it. */
async function save() {
  const name = pick(IMAGES);
  // The input may not change during a build.
  if (busy.has(name)) return;
  busy.add(name);
  try {
    if (random() < 0.7) write(name);
    await stowage('build', [definitionOf(name), '--save'], [0]);
  } finally {
    busy.delete(name);
  }
}

function load() {
  return stowage('load', [pick(IMAGES), '--engine', 'embedded'], [0, 3]);
}

async function push() {
  const name = pick(IMAGES);
  const tag = `soak/${name}:${++tags}`;
  // Exit 6: the registry is restarting.
  const result = await stowage('push', [name, '--to', host, '--tag', tag], [0, 3, 6]);
  if (result?.code !== 0) return;
  counts.pushed++;
  acknowledged.set(tag, result.json.results[0].digest);
}

async function pull() {
  const [tag] = pick([...acknowledged]) ?? [];
  if (tag === undefined) return;
  const out = join(workspace, `pulled-${tags}-${randomBytes(4).toString('hex')}.tar`);
  await stowage('pull', [`${host}/${tag}`, '-o', out], [0, 6]);
  rmSync(out, { force: true });
}

async function killServers(until) {
  while (Date.now() < until) {
    await sleep(3000 + random() * 5000);
    if (Date.now() >= until || violations.length > 0) return;
    server.kill('SIGKILL');
    counts.servers++;
    server = await startServer();
  }
}

/** Between rounds: checks that everything acknowledged is complete, and that no partial state is left. */
async function prove() {
  counts.proofs++;
  await stowage('doctor', ['--fix'], [0, 4], { mayDie: false });
  const { json } = await stowage('doctor', [], [0, 4], { mayDie: false });
  for (const { kind, path } of json.problems ?? []) violate(`doctor: ${kind} ${path}`);
  const images = join(workspace, 'images');
  const files = readdirSync(images, { recursive: true }).filter((file) => /\.tar$/.test(file));
  for (const file of files) await stowage('verify', [join(images, file)], [0], { mayDie: false });
  for (const [tag, digest] of acknowledged) await proveTag(tag, digest);
  const scrubbed = await stowage('scrub', ['--root', registry], [0], { mayDie: false });
  for (const { digest } of scrubbed.json.damaged ?? []) violate(`scrub: ${digest} is damaged`);
  for (const tag of [...acknowledged.keys()].slice(0, -KEPT_TAGS)) {
    const [repository, reference] = tag.split(':');
    acknowledged.delete(tag);
    await ask('DELETE', `${repository}/manifests/${reference}`);
  }
}

async function proveTag(tag, digest) {
  const [repository, reference] = tag.split(':');
  const read = async (path, expected) => {
    try {
      const answer = await ask('GET', `${repository}/${path}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      if (answer.status === 200 && actual === expected) return bytes;
      violate(`${tag}: expected ${expected} at ${path}, got ${answer.status} ${actual}`);
    } catch (error) {
      violate(`${tag}: expected ${expected} at ${path}, got ${error}`);
    }
    return undefined;
  };
  const bytes = await read(`manifests/${reference}`, digest);
  if (!bytes) return;
  const { config, layers } = JSON.parse(bytes.toString());
  for (const each of [config, ...layers]) await read(`blobs/${each.digest}`, each.digest);
}

/** Opens a new connection for each request: the server of an old one may have been killed. */
function ask(method, path) {
  return fetch(`http://${host}/v2/${path}`, { method, headers: { connection: 'close' } });
}

/** Runs a command; with `mayDie` it is sometimes killed. @returns undefined when it was killed */
async function stowage(verb, args, expected, { mayDie = true } = {}) {
  const child = spawn(process.execPath, [CLI, verb, '--json', '--progress', 'none', ...args], {
    cwd: workspace,
    env: { ...process.env, STOWAGE_CACHE_DIR: join(workspace, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [[], []];
  child.stdout.on('data', (chunk) => stdout.push(chunk));
  child.stderr.on('data', (chunk) => stderr.push(chunk));
  const isDoomed = mayDie && random() < 0.2;
  const timer = isDoomed && setTimeout(() => child.kill('SIGKILL'), random() * 600);
  const [code, signal] = await new Promise((resolve) =>
    child.on('close', (...how) => resolve(how)),
  );
  clearTimeout(timer);
  if (signal === 'SIGKILL' && isDoomed) {
    counts.killed++;
    return undefined;
  }
  const text = Buffer.concat(stdout).toString();
  if (!expected.includes(code))
    violate(`${verb} ${args.join(' ')}: exit ${code ?? signal}\n${text}${Buffer.concat(stderr)}`);
  return { code, json: JSON.parse(text || '{}') };
}

function violate(text) {
  violations.push(text);
}

async function startServer() {
  const args = [CLI, 'serve', '--quiet', '--root', registry, '--listen', host, '--gc-every', '3s'];
  const child = spawn(process.execPath, args, {
    cwd: workspace,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

function write(name) {
  const folder = join(workspace, definitionOf(name));
  const variant = name.slice(name.lastIndexOf('-') + 1);
  mkdirSync(join(folder, 'files'), { recursive: true });
  const definition = `project: app\nos: debian-12\nvariant: ${variant}\ncopy: [{ from: files, to: /opt }]\n`;
  writeFileSync(join(folder, 'image.yaml'), definition);
  writeFileSync(join(folder, 'files/data'), randomBytes(10_000 + Math.floor(random() * 2_000_000)));
}

function definitionOf(name) {
  return `apps/app/images/${name.slice('app-'.length)}`;
}

function pick(list) {
  return list[Math.floor(random() * list.length)];
}

/** A generator of numbers from 0 to 1, reproducible by its seed (mulberry32). */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return free;
}
