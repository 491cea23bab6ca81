// Writes a docker-archive like that of a toolchain: two layers of 195 and 342 MiB, half of which gzip takes away. The same bytes every time.
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const MIB = 2 ** 20;
export const REFERENCE = 'bench/toolchain:1';

/** @param times how many times the usual size. */
export function writeToolchain(path, times = 1) {
  const sizes = [195, 342].map((mib) => Math.max(1, Math.round(mib * times)));
  const layers = sizes.map((mib, at) => ({ at, mib, diffId: digestOf(layer(at, mib)) }));
  const config = json({
    ...{ architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/sh'] } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
  });
  const name = `${digestOf([config])}.json`;
  const Layers = layers.map(({ diffId }) => `${diffId}/layer.tar`);
  const file = openSync(path, 'w');
  const write = (...chunks) => chunks.forEach((chunk) => writeSync(file, chunk));
  for (const [at, { mib }] of layers.entries()) {
    write(header(Layers[at], mib * (MIB + 512) + 1024));
    for (const chunk of layer(at, mib)) write(chunk);
    // A layer has whole blocks.
  }
  write(...member(name, config));
  write(...member('manifest.json', json([{ Config: name, RepoTags: [REFERENCE], Layers }])));
  write(Buffer.alloc(1024));
  closeSync(file);
}

/** A tar of files of 1 MiB: half of each is random, by a fixed key. */
function* layer(number, mib) {
  const random = createCipheriv('aes-128-ctr', Buffer.alloc(16, number + 1), Buffer.alloc(16));
  const half = Buffer.alloc(MIB / 2, `toolchain ${number} `);
  for (let at = 0; at < mib; at++) {
    yield header(`opt/toolchain-${number}/${at}`, MIB);
    yield random.update(Buffer.alloc(MIB / 2));
    yield half;
  }
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
