// Preloaded into a process under test: records, for every folder that it syncs, the entries of the folder at that
// time. Linux only: the path of an open file comes from /proc.
import fs, { appendFileSync, fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const file = await open('/', 'r');
const prototype = Object.getPrototypeOf(file);
await file.close();
const { sync } = prototype;
prototype.sync = async function () {
  await sync.call(this);
  record(this.fd);
};
const { fsync } = fs;
fs.fsync = (fd, done) =>
  fsync(fd, (error) => {
    record(fd);
    done(error);
  });
syncBuiltinESMExports();

function record(fd) {
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  const entries = fstatSync(fd).isDirectory() ? readdirSync(path) : [];
  appendFileSync(process.env.STOWAGE_TEST_SYNCS, `${JSON.stringify({ path, entries })}\n`);
}
