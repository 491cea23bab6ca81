// Preloaded into a process under test: records, for every folder that it syncs, the entries of the folder at that
// time. Linux only: the path of an open file comes from /proc.
import { appendFileSync, readdirSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';

const file = await open('/', 'r');
const prototype = Object.getPrototypeOf(file);
await file.close();
const { sync } = prototype;
prototype.sync = async function () {
  const path = readlinkSync(`/proc/self/fd/${this.fd}`);
  const isFolder = (await this.stat()).isDirectory();
  await sync.call(this);
  const line = JSON.stringify({ path, entries: isFolder ? readdirSync(path) : [] });
  appendFileSync(process.env.STOWAGE_TEST_SYNCS, `${line}\n`);
};
