// Preloaded into a process under test: before each of its disk changes, copies a folder as kill -9 would leave it then.
// A write is done in two halves, so that a copy may have part of a chunk.
import { execFileSync } from 'node:child_process';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const fs = require('node:fs');
const { promises } = fs;
const { STOWAGE_TEST_SNAPSHOT_OF: folder, STOWAGE_TEST_SNAPSHOTS: snapshots } = process.env;
const CHANGES =
  'appendFile chmod copyFile link mkdir rename rm symlink unlink utimes writeFile'.split(' ');
let steps = 0;

/** Copies the folder with its times to the microsecond, which `fs.cp` cuts off. Nothing else happens in this thread meanwhile. */
function snapshot() {
  execFileSync('cp', ['-a', folder, join(snapshots, String(++steps))]);
}

/** Whether a file is opened to be changed; `node:fs` takes flags as text or as a number. */
function isForWriting(flags = 'r') {
  return typeof flags === 'number' ? (flags & 0b11) !== 0 : flags !== 'r';
}

function patchFile(prototype) {
  const { write, sync } = prototype;
  prototype.writev = async function (buffers, position) {
    const { bytesWritten } = await this.write(Buffer.concat(buffers), 0, undefined, position);
    return { bytesWritten, buffers };
  };
  prototype.write = async function (buffer, offset = 0, length, position = null) {
    const size = length ?? buffer.byteLength - offset;
    const half = Math.floor(size / 2);
    await write.call(this, buffer, offset, half, position);
    snapshot();
    const at = position === null ? null : position + half;
    const { bytesWritten } = await write.call(this, buffer, offset + half, size - half, at);
    return { bytesWritten: half + bytesWritten, buffer };
  };
  prototype.sync = function () {
    snapshot();
    return sync.call(this);
  };
}

if (isMainThread) {
  for (const name of CHANGES) {
    const original = promises[name];
    promises[name] = (...args) => {
      snapshot();
      return original(...args);
    };
  }
  const { openSync, fsync } = fs;
  fs.openSync = (path, flags, ...rest) => {
    if (isForWriting(flags)) snapshot();
    return openSync(path, flags, ...rest);
  };
  fs.fsync = (...args) => {
    snapshot();
    fsync(...args);
  };
  const open = promises.open;
  let patched = false;
  promises.open = async (path, flags, ...rest) => {
    if (isForWriting(flags)) snapshot();
    const file = await open(path, flags, ...rest);
    if (!patched) {
      patched = true;
      patchFile(Object.getPrototypeOf(file));
    }
    return file;
  };
  syncBuiltinESMExports();
}
