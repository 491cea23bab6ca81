// Measures pushes, pulls and loads beside other tools in the same run: medians of three.
// node bench/registry.mjs DOCKER_ARCHIVE [NODE]   (docker-registry and skopeo from PATH; crane, regctl and docker if installed;
// NODE is another Node.js to run ours with). Caches and the registry's content are deleted between two runs.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [archive, node = process.execPath] = process.argv.slice(2);
if (!archive) throw new Error('node bench/registry.mjs DOCKER_ARCHIVE [NODE]');
const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const PEAK = join(import.meta.dirname, 'peak.mjs');
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const at = (name) => join(folder, name);
const port = await freePort();
const host = `127.0.0.1:${port}`;
const env = {
  ...process.env,
  STOWAGE_CACHE_DIR: at('cache'),
  STOWAGE_BENCH_PEAK: at('peak'),
  XDG_CACHE_HOME: at('others-cache'),
};
let peak = 0;
const results = new Map();

const registry = await startRegistry();
try {
  const plain = ['--dest-tls-verify=false', '--src-tls-verify=false', '-q'];
  const there = (name) => `docker://${host}/${name}`;
  measure('push of a docker-archive, gzip', {
    stowage: () => stowage('push', archive, '--to', host, '--tag', 'a/a:1'),
    skopeo: () => run('skopeo', 'copy', ...plain, `docker-archive:${archive}`, there('a/a:1')),
    crane: () => run('crane', 'push', '--insecure', archive, `${host}/a/a:1`),
  });
  measure('push of a docker-archive, zstd', {
    stowage: () => stowage('push', archive, '--to', host, '--tag', 'a/a:1', '--compress', 'zstd'),
    skopeo: () =>
      run(
        'skopeo',
        'copy',
        ...plain,
        '--dest-compress-format=zstd',
        `docker-archive:${archive}`,
        there('a/a:1'),
      ),
  });
  // Pushed with gzip: skopeo would reuse the zstd layers it has seen, which docker 20.10 cannot unpack.
  clean();
  const layout = at('oci.tar');
  run('skopeo', 'copy', ...plain, `docker-archive:${archive}`, there('a/a:1'));
  run('skopeo', 'copy', ...plain, there('a/a:1'), `oci-archive:${layout}:app:1`);
  measure('push of an oci-archive', {
    stowage: () => stowage('push', layout, '--to', host, '--tag', 'a/a:1'),
    skopeo: () => run('skopeo', 'copy', ...plain, `oci-archive:${layout}`, there('a/a:1')),
    regctl: () => run('regctl', 'image', 'import', `${host}/a/a:1`, layout),
  });
  const once = () => run('skopeo', 'copy', ...plain, `oci-archive:${layout}`, there('a/a:1'));
  clean();
  once();
  const keep = { cleaning: () => cleanLocal() };
  measure(
    'push, nothing to do',
    { stowage: () => stowage('push', layout, '--to', host, '--tag', 'a/a:1'), skopeo: once },
    keep,
  );
  measure(
    'pull into an archive',
    {
      stowage: () => stowage('pull', `${host}/a/a:1`, '-o', at('out.tar')),
      'stowage --no-cache': () =>
        stowage('pull', `${host}/a/a:1`, '-o', at('out.tar'), '--no-cache'),
      skopeo: () => run('skopeo', 'copy', ...plain, there('a/a:1'), `oci-archive:${at('out.tar')}`),
      crane: () => run('crane', 'pull', '--insecure', '--format=oci', `${host}/a/a:1`, at('out')),
      regctl: () => run('regctl', 'image', 'export', `${host}/a/a:1`, at('out.tar')),
    },
    keep,
  );
  if (has('docker')) {
    const name = `${host}/a/a:1`;
    const gone = () => run('docker', 'image', 'rm', '-f', name);
    stowage('load', name);
    measure(
      'load, nothing to do',
      { stowage: () => stowage('load', name) },
      { cleaning: () => undefined },
    );
    gone();
    run('docker', 'load', '-i', archive);
    const [image] = JSON.parse(inArchive('manifest.json'));
    const changed = at('changed.tar');
    const context = at('context');
    mkdirSync(context);
    writeFileSync(join(context, 'new'), randomBytes(20_000_000));
    writeFileSync(join(context, 'Dockerfile'), `FROM ${image.RepoTags[0]}\nCOPY new /\n`);
    run('docker', 'build', '-q', '-t', 'stowage-bench:changed', context);
    run('docker', 'save', '-o', changed, 'stowage-bench:changed');
    const forget = { cleaning: () => run('docker', 'image', 'rm', '-f', 'stowage-bench:changed') };
    measure(
      'load of a changed top layer',
      {
        stowage: () => stowage('load', changed),
        docker: () => run('docker', 'load', '-i', changed),
      },
      forget,
    );
    forget.cleaning();
  }
  const megabytes = (statSync(archive).size / 1e6).toFixed(0);
  console.log(
    `\n${megabytes} MB, ${spawnSync(node, ['--version']).stdout.toString().trim()}, peak of ours ${(peak / 2 ** 20).toFixed(0)} MiB\n`,
  );
  for (const [what, rows] of results) {
    const own = rows.get('stowage');
    console.log(`${what}: ${own.toFixed(2)} s`);
    for (const [tool, seconds] of rows)
      if (tool !== 'stowage')
        console.log(
          `  ${tool}: ${seconds.toFixed(2)} s, ours takes ${(own / seconds).toFixed(2)} ×`,
        );
  }
} finally {
  registry.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** Runs every tool once in each of three rounds, so that other load of the machine affects all of them. */
function measure(what, tools, { cleaning = clean } = {}) {
  const rows = new Map();
  const present = Object.entries(tools).filter(([tool]) => has(tool.split(' ')[0]));
  for (let round = 0; round < 3; round++)
    for (const [tool, work] of present) {
      cleaning();
      const start = performance.now();
      work();
      rows.set(tool, [...(rows.get(tool) ?? []), (performance.now() - start) / 1000]);
    }
  results.set(what, new Map([...rows].map(([tool, all]) => [tool, all.sort((a, b) => a - b)[1]])));
}

function clean() {
  cleanLocal();
  rmSync(at('data/docker'), { recursive: true, force: true });
}

function cleanLocal() {
  for (const path of ['cache', 'others-cache', 'out.tar', 'out'])
    rmSync(at(path), { recursive: true, force: true });
  rmSync('/var/lib/containers/cache', { recursive: true, force: true });
}

function stowage(...args) {
  run(node, `--import=${PEAK}`, CLI, ...args, '--quiet');
  peak = Math.max(peak, Number(readFileSync(at('peak'), 'utf8')));
}

function run(program, ...args) {
  const { status, stderr, error } = spawnSync(program, args, { env, cwd: folder });
  if (error || status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${error ?? stderr.toString()}`);
}

function has(tool) {
  return tool === 'stowage' || spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
}

function inArchive(member) {
  return spawnSync('tar', ['-xOf', archive, member]).stdout.toString();
}

async function startRegistry() {
  const config = [
    'version: 0.1',
    'log: { level: error }',
    `storage: { filesystem: { rootdirectory: ${at('data')} }, delete: { enabled: true } }`,
    `http: { addr: '${host}' }`,
  ];
  writeFileSync(at('config.yml'), config.join('\n'));
  const child = spawn('docker-registry', ['serve', at('config.yml')], { stdio: 'ignore' });
  for (let tries = 0; !(await answers()); tries++) {
    if (tries === 100) throw new Error('docker-registry did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (has('regctl')) run('regctl', 'registry', 'set', '--tls', 'disabled', host);
  return child;
}

function answers() {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(!socket.destroy() || true));
    socket.on('error', () => resolve(false));
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return free;
}
