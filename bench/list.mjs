// Measures listing an archive of 5 GiB beside other tools in the same run: medians of three. The archive is sparse on
// disk (its large layer is a hole), so only the bytes that are read take time.
// node bench/list.mjs   (tar and skopeo from PATH)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = 5 * 1024 ** 3;
const LAYERS = 1000;
const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const folder = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const archive = join(folder, 'x.tar');

try {
  write();
  const rows = {
    'stowage inspect': () => run(process.execPath, [CLI, 'inspect', archive]),
    'node -e 0': () => run(process.execPath, ['-e', '0']),
    'tar --list': () => run('tar', ['-tf', archive]),
    'skopeo inspect': () => run('skopeo', ['inspect', `oci-archive:${archive}:app:1`]),
  };
  console.log(`${SIZE / 1024 ** 3} GiB, ${LAYERS} layers`);
  for (const [what, work] of Object.entries(rows)) {
    const seconds = [work(), work(), work()].sort((a, b) => a - b)[1];
    console.log(`${what}: ${seconds === undefined ? 'not here' : `${seconds.toFixed(2)} s`}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Writes an image of many small layers with made-up digests, and one large hole. */
function write() {
  const file = openSync(archive, 'w');
  let at = 0;
  const put = (name, content, size = content.length) => {
    writeSync(file, header(name, size), 0, 512, at);
    if (content) writeSync(file, content, 0, content.length, at + 512);
    at += 512 + Math.ceil(size / 512) * 512;
  };
  const blob = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const path = (digest) => `blobs/${digest.replace(':', '/')}`;
  const sizes = Array.from({ length: LAYERS }, (_, n) => (n === 0 ? SIZE : 1024));
  const layers = sizes.map((size, n) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    digest: blob(`layer ${n}`),
    size,
  }));
  const platform = { os: 'linux', architecture: 'amd64' };
  const diffIds = layers.map(({ digest }) => digest);
  const config = Buffer.from(
    JSON.stringify({ ...platform, rootfs: { type: 'layers', diff_ids: diffIds } }),
  );
  const describe = (mediaType, bytes, more) => ({
    mediaType: `application/vnd.oci.image.${mediaType}.v1+json`,
    digest: blob(bytes),
    size: bytes.length,
    ...more,
  });
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: describe('config', config), layers }),
  );
  const annotations = { 'org.opencontainers.image.ref.name': 'app:1' };
  const index = { schemaVersion: 2, manifests: [describe('manifest', manifest, { annotations })] };
  put('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  for (const { digest, size } of layers) put(path(digest), undefined, size);
  put(path(blob(config)), config);
  put(path(blob(manifest)), manifest);
  put('index.json', Buffer.from(JSON.stringify(index)));
  ftruncateSync(file, at + 1024);
  closeSync(file);
}

function header(name, size) {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write(`0000644\0`, 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        0ustar\u000000', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function run(program, args) {
  const started = performance.now();
  const { status, error } = spawnSync(program, args, { stdio: 'ignore' });
  return error || status !== 0 ? undefined : (performance.now() - started) / 1000;
}
