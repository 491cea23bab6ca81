// Measures many small images in an Nx workspace: node bench/batch.mjs [IMAGES]   (300; run `npx nx run-many -t build` first)
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const images = Number(process.argv[2] ?? 300);
const root = mkdtempSync(join(tmpdir(), 'stowage-batch-'));
const modules = join(import.meta.dirname, '../node_modules');
const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', CI: 'true' };

function write(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function define(at, more = '') {
  const folder = `apps/app/images/ubuntu-25.04-v${at}`;
  const base = at === 0 ? 'scratch' : 'app-ubuntu-25.04-v0';
  write(`${folder}/data`, `${at}`);
  write(
    `${folder}/image.yaml`,
    `project: app\nos: ubuntu-25.04\nvariant: v${at}\nbase: ${base}\ncopy: [{ from: data, to: /opt/${at} }]\n${more}`,
  );
}

/** Runs nx; prints the seconds that it took. */
function measure(what, args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(modules, '.bin/nx'), ...args],
    { cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(`${what}: exit ${status}\n${stdout}${stderr}`);
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return stdout;
}

function plugins(list) {
  write('nx.json', JSON.stringify({ analytics: false, neverConnectToCloud: true, plugins: list }));
}

try {
  write('package.json', '{"name":"bench","private":true}');
  write('stowage.yaml', 'engine: embedded\n');
  write('.gitignore', 'node_modules\n.nx\n.stowage\n/images\n');
  write('apps/app/project.json', '{"name":"app"}');
  symlinkSync(modules, join(root, 'node_modules'));
  for (let at = 0; at < images; at++) define(at);
  plugins([]);
  spawnSync('git', ['init', '-q', root]);
  const show = ['show', 'projects'];
  measure('nx show projects, without the plugin', show);
  measure('nx show projects, without the plugin, again', show);
  plugins(['@stowage/images']);
  measure('nx show projects', show);
  measure('nx show projects, again', show);
  const save = ['run', 'app:image-save', '--output-style=static'];
  measure(`save ${images} images`, save);
  define(0, 'revision: 2\n');
  const said = measure('save them after a rebuild of their base that gave the same bytes', save);
  console.log(`of ${images - 1} children built: ${said.split('saved app-').length - 2}`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
