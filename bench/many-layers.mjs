// Makes a docker-archive of forty layers and 1 GiB from a file that compresses like real layers.
// node bench/many-layers.mjs FILE OUT
import { createHash } from 'node:crypto';
import { createWriteStream, openSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

const [from, out] = process.argv.slice(2);
if (!out) throw new Error('node bench/many-layers.mjs FILE OUT');
const require = createRequire(join(import.meta.dirname, '../packages/core/package.json'));
const { pack } = require('tar-stream');
const [LAYERS, SIZE] = [40, 1024 ** 3 / 40];
const source = openSync(from);
const { size } = statSync(from);
const archive = pack();
const written = finished(archive.pipe(createWriteStream(out)));
const add = (name, content) =>
  new Promise((resolve, reject) =>
    archive.entry({ name, mtime: new Date(0) }, content, (error) =>
      error ? reject(error) : resolve(),
    ),
  );
const layers = [];
for (let at = 0; at < LAYERS; at++) {
  const content = Buffer.alloc(Math.floor(SIZE / 512) * 512);
  readSync(source, content, 0, content.length, (at * 104_729 * 512) % (size - content.length));
  const inner = pack();
  inner.entry({ name: `layer-${at}`, mtime: new Date(0) }, content);
  inner.finalize();
  const chunks = [];
  for await (const chunk of inner) chunks.push(chunk);
  const layer = Buffer.concat(chunks);
  layers.push({
    name: `${at}/layer.tar`,
    id: `sha256:${createHash('sha256').update(layer).digest('hex')}`,
  });
  await add(layers[at].name, layer);
}
const rootfs = { type: 'layers', diff_ids: layers.map(({ id }) => id) };
const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs };
await add('config.json', JSON.stringify(config));
const image = {
  Config: 'config.json',
  RepoTags: ['many/layers:1'],
  Layers: layers.map(({ name }) => name),
};
await add('manifest.json', JSON.stringify([image]));
archive.finalize();
await written;
