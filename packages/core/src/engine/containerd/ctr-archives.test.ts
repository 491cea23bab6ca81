import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inChunks } from '../../../testing/chunks.js';
import { temporaryFolder } from '../../../testing/temporary.js';
import { oneChunk } from '../../transfer/copy.js';
import { readAll } from '../../transfer/verified.js';
import { Ctr } from './ctr.js';
import { exportImage, importImages, wholeTar } from './ctr-archives.js';

const END = Buffer.alloc(1024);

describe('the end of an exported tar', () => {
  it.each([1, 700, 5000])('is found in chunks of %i bytes', async (size) => {
    const tar = Buffer.concat([Buffer.alloc(1024, 'x'), END]);
    const read = await readAll(wholeTar(inChunks(tar, size), 'x'), Infinity);
    expect(Buffer.compare(read, tar)).toBe(0);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one block of zeros', Buffer.concat([Buffer.alloc(512, 'x'), END.subarray(512)])],
    ['content', Buffer.alloc(2048, 'x')],
  ])('is missing after %s', async (_what, bytes) => {
    await expect(readAll(wholeTar(oneChunk(bytes), 'x'), Infinity)).rejects.toMatchObject({
      code: 'INCOMPLETE',
    });
  });
});

/** A `ctr` that writes down its arguments. */
async function recordingCtr(help: string) {
  const folder = await temporaryFolder();
  const [path, log] = [join(folder, 'ctr'), join(folder, 'log')];
  const script = `case "$*" in *--help) echo '${help}' ;; *) echo "$*" >>'${log}'; cat >/dev/null; head -c 1024 /dev/zero ;; esac`;
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { ctr: new Ctr('containerd:test', [path]), log };
}

describe('ctr', () => {
  it.each([
    ['   --local   run export locally', 'images export --local --all-platforms - a'],
    ['   --localize   no such thing', 'images export --all-platforms - a'],
  ])('that helps with %j is called as %s', async (help, expected) => {
    const { ctr, log } = await recordingCtr(help);
    await readAll(exportImage(ctr, 'a', { platform: 'all' }), Infinity);
    expect(await readLog(log)).toEqual([expected]);
  });

  it.each([
    [true, 'images import --all-platforms -'],
    [false, 'images import -'],
  ])('that imports all platforms: %s', async (isWhole, expected) => {
    const { ctr, log } = await recordingCtr('');
    await importImages(ctr, { bytes: oneChunk(END), isWhole });
    expect(await readLog(log)).toEqual([expected]);
  });
});

async function readLog(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).trim().split('\n');
}
