// Writes a docker-archive like that of a toolchain: two layers of 195 and 342 MiB with programs and libraries of this machine, because
// compressors are as fast as their input lets them. A newer one has a third layer of 4 MiB on these.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 2 ** 20;
/** Folders whose files are taken. */
const FROM = ['/usr/lib', '/usr/bin', '/usr/share'];
export const REFERENCE = 'bench/toolchain:1';
export const NEWER = 'bench/toolchain:2';

export function writeToolchain(path, reference = REFERENCE) {
  const names = filesOf(FROM);
  const layers = [195, 342, ...(reference === NEWER ? [4] : [])].map((mib, at) => {
    const files = taken(names, mib * MIB);
    return { name: `${at}/layer.tar`, files, size: sizeOf(files), diffId: digestOf(packed(files)) };
  });
  const config = json({
    ...{ architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/sh'] } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
  });
  const Config = `${digestOf([config])}.json`;
  const Layers = layers.map(({ name }) => name);
  const file = openSync(path, 'w');
  const write = (chunks) => {
    for (const chunk of chunks) writeSync(file, chunk);
  };
  for (const { name, files, size } of layers) {
    write([header(name, size)]);
    write(packed(files));
  }
  write(member(Config, config));
  write(member('manifest.json', json([{ Config, RepoTags: [reference], Layers }])));
  write([Buffer.alloc(1024)]);
  closeSync(file);
}

/** All regular files below some folders. */
function* filesOf(folders) {
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* filesOf([path]);
      else if (entry.isFile() && path.length < 100) yield path;
    }
  }
}

/** The next files, together of that many bytes, at most a MiB more; those that are too large are left out. */
function taken(names, bytes) {
  const files = [];
  for (let left = bytes; left > 0; ) {
    const { value: path, done } = names.next();
    if (done) throw new Error(`${FROM.join(', ')}: expected more files`);
    const { size } = statSync(path);
    if (size > Math.max(left, MIB)) continue;
    files.push({ path, size });
    left -= size;
  }
  return files;
}

/** The size of a tar of some files. */
function sizeOf(files) {
  return files.reduce((sum, { size }) => sum + 512 + Math.ceil(size / 512) * 512, 1024);
}

function* packed(files) {
  for (const { path } of files) yield* member(path.slice(1), readFileSync(path));
  yield Buffer.alloc(1024);
}

function member(name, content) {
  return [header(name, content.length), content, Buffer.alloc(-content.length & 511)];
}

function header(name, size) {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0' + '0000000\0'.repeat(2), 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0`, 124);
  block.write('        0', 148);
  block.write('ustar\0' + '00', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function digestOf(chunks) {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

function json(value) {
  return Buffer.from(JSON.stringify(value));
}
