// Preloaded into a process under test: kills it, as kill -9 does, at its nth disk change.
// Writes are cut in half first, so a file may be left with part of a chunk.
import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);
const promises = require('node:fs/promises');
const target = Number(process.env.STOWAGE_TEST_KILL_AT);
let steps = 0;

function isNow() {
  return ++steps === target;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}

for (const name of ['rename', 'rm', 'mkdir', 'appendFile', 'utimes']) {
  const original = promises[name];
  promises[name] = (...args) => {
    if (isNow()) die();
    return original(...args);
  };
}

/** Whether a file is opened to be changed; `node:fs` takes flags as text or as a number. */
function isForWriting(flags = 'r') {
  return typeof flags === 'number' ? (flags & 0b11) !== 0 : flags !== 'r';
}

const open = promises.open;
let patched = false;
promises.open = async (path, flags, ...rest) => {
  if (isForWriting(flags) && isNow()) die();
  const file = await open(path, flags, ...rest);
  if (!patched) {
    patched = true;
    patch(Object.getPrototypeOf(file));
  }
  return file;
};

function patch(prototype) {
  const { write, sync } = prototype;
  prototype.write = async function (buffer, ...rest) {
    if (isNow()) {
      await write.call(this, buffer.subarray(0, Math.floor(buffer.byteLength / 2)), 0);
      die();
    }
    return write.call(this, buffer, ...rest);
  };
  prototype.sync = function () {
    if (isNow()) die();
    return sync.call(this);
  };
}

syncBuiltinESMExports();
