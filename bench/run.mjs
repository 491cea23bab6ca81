// Measures the main jobs beside other tools in one run, prints one table, and writes bench/last.json. Build first.
// npm run bench -- [--rounds 5] [--only TEXT] [--against REV] [--write]
// docker-registry, skopeo and GNU time from PATH; crane, regctl and docker if they are there. --only takes the rows with TEXT in their
// name; --against builds another commit, and measures it in the same rounds; --write puts the table into bench/README.md and a short one
// into the README.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { has, measure, run } from './measure.mjs';
import { NEWER, REFERENCE, writeToolchain } from './toolchain.mjs';
import { freePort } from './free-port.mjs';
import { aboutMachine, writeBetween } from './written.mjs';

const ROOT = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    against: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const at = (name) => join(folder, name);
const host = `127.0.0.1:${await freePort()}`;
const where = {
  cwd: folder,
  env: {
    ...process.env,
    NX_DAEMON: 'false',
    STOWAGE_CACHE_DIR: at('cache'),
    XDG_CACHE_HOME: at('others-cache'),
    REGCTL_CONFIG: at('regctl.json'),
  },
};
/** Our command, by the name of its column. */
const programs = { stowage: join(ROOT, 'packages/cli/dist/main.js') };
const archive = at('toolchain.tar');
const newer = at('newer.tar');
const layout = at('oci.tar');
const image = `${host}/bench/toolchain:1`;
const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false', '-q'];
const skopeo = (...args) => ['skopeo', 'copy', ...insecure, ...args];
const ours = (...args) =>
  Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [
      name,
      [process.execPath, program, ...args, '--quiet'],
    ]),
  );
const push = (from, ...args) =>
  ours('push', from, '--to', host, '--tag', 'bench/toolchain:1', ...args);

/** Each row: its tools; what it needs; what is deleted before each of them; how many times the seconds of a peer ours may take. */
const rows = () => ({
  'pull into an archive': {
    tools: {
      ...ours('pull', image, '-o', at('out.tar')),
      crane: ['crane', 'pull', '--insecure', '--format=oci', image, at('out')],
      regctl: ['regctl', 'image', 'export', image, at('out.tar')],
      skopeo: skopeo(`docker://${image}`, `oci-archive:${at('out.tar')}`),
    },
    bars: { crane: 2, skopeo: 0.4 },
    needs: ['image'],
  },
  'copy from archive to archive': {
    tools: {
      ...ours('copy', archive, at('out.tar')),
      cp: ['sh', '-c', 'cp "$1" "$2" && sync "$2"', 'sh', archive, at('out.tar')],
    },
    bars: { cp: 1.4 },
  },
  'push, gzip': {
    tools: {
      ...push(archive, '--compress', 'gzip'),
      skopeo: skopeo(`docker-archive:${archive}`, `docker://${image}`),
      crane: ['crane', 'push', '--insecure', archive, image],
    },
    bars: { skopeo: 0.88 },
    deletes: ['registry'],
  },
  'push, zstd': {
    tools: {
      ...push(archive, '--compress', 'zstd'),
      'skopeo, gzip': skopeo(`docker-archive:${archive}`, `docker://${image}`),
      'skopeo, zstd': skopeo(
        '--dest-compress-format=zstd',
        `docker-archive:${archive}`,
        `docker://${image}`,
      ),
    },
    bars: { 'skopeo, gzip': 0.45 },
    deletes: ['registry'],
  },
  'push to this machine, auto': {
    tools: { ...push(archive), skopeo: skopeo(`docker-archive:${archive}`, `docker://${image}`) },
    bars: { skopeo: 0.4 },
    deletes: ['registry'],
  },
  'push of an oci-archive': {
    tools: {
      ...push(layout),
      regctl: ['regctl', 'image', 'import', image, layout],
      skopeo: skopeo(`oci-archive:${layout}`, `docker://${image}`),
    },
    bars: { regctl: 1.1 },
    deletes: ['registry'],
    needs: ['layout'],
  },
  'load into docker': {
    tools: { ...ours('load', archive), 'docker load': ['docker', 'load', '-i', archive] },
    bars: { 'docker load': 1.05 },
    deletes: ['loaded'],
    needs: ['docker'],
  },
  'load, nothing to do': {
    tools: { ...ours('load', archive), 'docker load': ['docker', 'load', '-i', archive] },
    bars: {},
    needs: ['docker', 'loaded'],
  },
  'load, a new top layer': {
    tools: { ...ours('load', newer), 'docker load': ['docker', 'load', '-i', newer] },
    bars: {},
    deletes: ['newer'],
    needs: ['docker', 'loaded', 'newer'],
  },
  'save from docker': {
    tools: {
      ...ours('save', REFERENCE, '-o', at('out.tar')),
      'docker save': [
        'sh',
        '-c',
        'docker save -o "$1" "$2" && sync "$1"',
        'sh',
        at('out.tar'),
        REFERENCE,
      ],
    },
    bars: { 'docker save': 1.2 },
    needs: ['docker', 'loaded'],
  },
  'verify every byte': {
    tools: {
      ...ours('verify', archive),
      openssl: ['openssl', 'dgst', '-sha256', archive],
    },
    bars: {},
  },
});

/** Work before the first round of a row, by the name under `needs`. */
const NEEDS = {
  image: () => run(skopeo(`docker-archive:${archive}`, `docker://${image}`), where),
  layout: () => {
    NEEDS.image();
    run(skopeo(`docker://${image}`, `oci-archive:${layout}:toolchain:1`), where);
  },
  loaded: () => run(['docker', 'load', '-i', archive], where),
  newer: () => writeToolchain(newer, NEWER),
};

const DELETES = {
  registry: () => remove('data/docker'),
  // The newer image would keep the layers of the other.
  loaded: () => run(['docker', 'image', 'rm', '-f', REFERENCE, NEWER], where),
  newer: () => run(['docker', 'image', 'rm', '-f', NEWER], where),
};

const results = {};
let registry;
try {
  writeToolchain(archive);
  if (values.against) programs[values.against] = buildCommit(values.against);
  registry = await startRegistry();
  for (const [what, { tools, bars, needs = [], deletes = [] }] of Object.entries(rows())) {
    if (!what.includes(values.only)) continue;
    if (needs.includes('docker') && !hasDocker()) {
      console.log(`${what}: left out, no Docker engine answers`);
      continue;
    }
    for (const need of needs) NEEDS[need]?.();
    const before = () => {
      remove('cache', 'others-cache', 'out.tar', 'out');
      for (const each of deletes) DELETES[each]();
    };
    const measured = measure(tools, { ...where, rounds: Number(values.rounds), before });
    results[what] = { measured, bars };
    console.log(rowsOf(what, results[what]).join('\n'));
  }
  const about = `${aboutMachine()}, an image of ${(statSync(archive).size / 1e6).toFixed(0)} MB, medians of ${values.rounds}`;
  const last = { about, results };
  writeFileSync(join(import.meta.dirname, 'last.json'), `${JSON.stringify(last, null, 2)}\n`);
  const table = tableOf(results);
  console.log(`\n${about}\n\n${table}`);
  if (values.write) {
    const [major] = process.versions.node.split('.');
    writeBetween('bench/README.md', `Node.js ${major}`, `${about}.\n\n${table}`);
    writeBetween('README.md', 'figures', shortTableOf(results));
  }
} finally {
  registry?.kill();
  rmSync(folder, { recursive: true, force: true });
}

function hasDocker() {
  return spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0;
}

function rowsOf(what, { measured, bars }) {
  const own = measured.stowage.seconds;
  return Object.entries(measured).map(([tool, { seconds, cpu, mib }]) => {
    const ratio = tool === 'stowage' ? '' : (own / seconds).toFixed(2);
    const bar =
      bars[tool] === undefined
        ? ''
        : `≤ ${bars[tool]}${own / seconds <= bars[tool] ? '' : ', missed'}`;
    const cells = [seconds.toFixed(2), cpu.toFixed(2), mib.toFixed(0), ratio, bar];
    return `| ${[tool === 'stowage' ? what : '', tool, ...cells].join(' | ')} |`;
  });
}

function tableOf(all) {
  return [
    '| what | tool | seconds | CPU, s | peak, MiB | ours takes, times | bar |',
    '| --- | --- | ---: | ---: | ---: | ---: | --- |',
    ...Object.entries(all).flatMap(([what, row]) => rowsOf(what, row)),
  ].join('\n');
}

/** Rows in the order of what ours takes beside the fastest of the others. */
function shortTableOf(all) {
  const text = ({ seconds }) => `${seconds.toFixed(2)} s`;
  const lines = Object.entries(all).map(([what, { measured }]) => {
    const others = Object.entries(measured).filter(([tool]) => !(tool in programs));
    const cells = others.map(([tool, result]) => `\`${tool}\` ${text(result)}`);
    const fastest = Math.min(...others.map(([, { seconds }]) => seconds));
    return {
      ratio: measured.stowage.seconds / fastest,
      line: `| ${what} | ${text(measured.stowage)} | ${cells.join(', ')} |`,
    };
  });
  lines.sort((a, b) => a.ratio - b.ratio);
  return [
    '| what | Stowage | others |',
    '| --- | ---: | --- |',
    ...lines.map(({ line }) => line),
  ].join('\n');
}

/** @returns the command of another commit */
function buildCommit(revision) {
  const root = at('against');
  run(['git', 'clone', '-q', ROOT, root], where);
  const there = { cwd: root, env: where.env };
  run(['git', 'checkout', '-q', revision], there);
  run(['npm', 'ci', '--no-audit', '--no-fund'], there);
  run(['npx', 'nx', 'run-many', '-t', 'build'], there);
  return join(root, 'packages/cli/dist/main.js');
}

function remove(...names) {
  for (const name of names) rmSync(at(name), { recursive: true, force: true });
}

async function startRegistry() {
  writeFileSync(
    at('config.yml'),
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${at('data')} } }\nhttp: { addr: '${host}' }\n`,
  );
  const child = spawn('docker-registry', ['serve', at('config.yml')], { stdio: 'ignore' });
  child.once('error', (error) => {
    throw new Error(`docker-registry: ${error.message}`);
  });
  for (let tries = 0; !(await answers()); tries++) {
    if (tries === 100) throw new Error('docker-registry: expected an answer within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (has('regctl')) run(['regctl', 'registry', 'set', '--tls', 'disabled', host], where);
  return child;
}

function answers() {
  const [, port] = host.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(!socket.destroy() || true));
    socket.on('error', () => resolve(false));
  });
}
