// Measures a runner that begins with nothing: 30 images on three levels of a toolchain, with the share, with archives in a cache folder
// of Nx that all runners share, and without either.
// node bench/share.mjs [MiB of the toolchain]   (580 when omitted; docker-registry and git from PATH; build first)
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.mjs';

const MIB = 2 ** 20;
const [mib = '580'] = process.argv.slice(2);
const MODULES = join(import.meta.dirname, '../node_modules');
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
/** One toolchain, five images on it, and 24 on these. */
const IMAGES = [
  { name: 'base' },
  ...Array.from({ length: 5 }, (_, n) => ({ name: `mid${n}`, base: 'base', bytes: 8 * MIB })),
  ...Array.from({ length: 24 }, (_, n) => ({
    name: `top${n}`,
    base: `mid${n % 5}`,
    bytes: 2 * MIB,
  })),
];
const LAST = 'app-debian-12-top23';

const ports = [];
const registry = await startRegistry();
try {
  const proxy = await countingProxy(registry);
  const repository = makeRepository(proxy.host);
  const cache = join(folder, 'nx-cache');
  // Nx takes results of other machines only where it is told to.
  const shared = { NX_CACHE_DIRECTORY: cache, NX_REJECT_UNKNOWN_LOCAL_CACHE: '0' };
  for (const { what, share, env = {} } of [
    { what: 'with the share', share: 'read' },
    { what: 'with a shared cache folder of Nx', share: 'off', env: shared },
    { what: 'without either', share: 'off' },
  ]) {
    if (what !== 'without either') {
      const warm = runner(repository, share === 'read' ? 'read-write' : share, env);
      await warm.nx('run-many', '-t', 'image-save');
      // Its archives would not fit on the disk beside those of the next runner.
      rmSync(dirname(warm.root), { recursive: true, force: true });
    }
    proxy.bytes();
    const cold = runner(repository, share, env);
    const archives = join(cold.root, '.stowage/unshared');
    const save = await seconds(() => cold.nx('run-many', '-t', 'image-save'));
    const saved = proxy.bytes();
    const load = await seconds(() => cold.nx('run', `${LAST}:image-load`));
    console.log(
      [
        `${what}: all images saved in ${save.toFixed(1)} s, ${inMib(saved)} over the network`,
        `one loaded in ${load.toFixed(1)} s, ${inMib(proxy.bytes())} over the network`,
        `${inMib(sizeOf(archives))} of archives, ${inMib(sizeOf(cache))} in the cache folder`,
      ].join('; '),
    );
    rmSync(join(folder, 'runners'), { recursive: true, force: true });
    rmSync(cache, { recursive: true, force: true });
  }
} finally {
  for (const each of ports) each();
  rmSync(folder, { recursive: true, force: true });
}

/** The commit that all runners clone. */
function makeRepository(host) {
  const root = join(folder, 'repository');
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('nx.json', JSON.stringify({ plugins: ['@stowage/images'], neverConnectToCloud: true }));
  write('package.json', '{"name":"bench","private":true}');
  write('stowage.yaml', `engine: embedded\nshare: { repository: ${host}/bench/images }\n`);
  write('.gitignore', 'node_modules\n.nx\n/images/\n/.stowage/\n');
  write('apps/app/project.json', '{"name":"app"}');
  for (const { name, base, bytes } of IMAGES) {
    const at = `apps/app/images/${name}`;
    const from = base ? `base: app-debian-12-${base}\n` : '';
    const copy = `copy: [{ from: files, to: /opt/${name} }]\n`;
    write(`${at}/image.yaml`, `project: app\nos: debian-12\nvariant: ${name}\n${from}${copy}`);
    if (bytes) write(`${at}/files/content`, randomBytes(bytes));
  }
  const files = join(root, 'apps/app/images/base/files');
  mkdirSync(files, { recursive: true });
  const file = openSync(join(files, 'toolchain'), 'w');
  // Programs shrink to less than a half.
  const half = Buffer.alloc(MIB / 2, 'toolchain ');
  for (let n = 0; n < Number(mib); n++)
    writeSync(file, Buffer.concat([randomBytes(MIB / 2), half]));
  closeSync(file);
  const git = ['-C', root, '-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
  execFileSync('git', ['init', '-q', root]);
  execFileSync('git', [...git, 'add', '-A']);
  execFileSync('git', [...git, 'commit', '-qm', 'images']);
  return root;
}

/** A runner with its own clone, home folder and caches. */
function runner(repository, share, more) {
  const own = join(folder, 'runners', randomBytes(4).toString('hex'));
  const root = join(own, 'clone');
  execFileSync('git', ['clone', '-q', repository, root]);
  symlinkSync(MODULES, join(root, 'node_modules'));
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('NX_'))),
    HOME: own,
    STOWAGE_CACHE_DIR: join(own, 'cache'),
    STOWAGE_SHARE: share,
    NX_CACHE_DIRECTORY: join(own, 'nx'),
    NX_WORKSPACE_DATA_DIRECTORY: join(own, 'nx-data'),
    ...more,
    NX_DAEMON: 'false',
    CI: 'true',
  };
  // The proxy runs in this process, so it must not wait.
  const nx = (...args) =>
    promisify(execFile)(join(root, 'node_modules/.bin/nx'), args, { cwd: root, env });
  return { root, nx };
}

async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function inMib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function sizeOf(path) {
  if (!existsSync(path)) return 0;
  const info = statSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

async function startRegistry() {
  const port = await freePort();
  const config = join(folder, 'registry.yml');
  writeFileSync(
    config,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${folder}/registry } }\nhttp: { addr: '127.0.0.1:${port}' }\n`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  ports.push(() => child.kill());
  for (;;) {
    if (await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined)) return port;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A port in front of another one that counts the bytes of both directions. */
async function countingProxy(port) {
  let count = 0;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      socket.on('data', (chunk) => (count += chunk.byteLength));
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports.push(() => server.close());
  const bytes = () => {
    const before = count;
    count = 0;
    return before;
  };
  return { host: `127.0.0.1:${server.address().port}`, bytes };
}
