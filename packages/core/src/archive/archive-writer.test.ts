import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sinkContract } from '../../testing/contracts/sink.js';
import { sourceContract } from '../../testing/contracts/source.js';
import { storeWith, writeImage } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { systemCode } from '../errors.js';
import { copy } from '../transfer/copy.js';
import { readContent } from '../transfer/verified.js';
import { walk } from '../transfer/graph/walk.js';
import { ArchiveWriter } from './archive-writer.js';
import { DockerArchive } from './docker-archive.js';
import { openArchive, openPipedArchive } from './open-archive.js';
import { packTar } from './tar/pack-tar.js';
import { Parts } from '../disk/parts.js';
import { TarFile } from './tar/tar-file.js';

sinkContract('an archive', async () => {
  const path = join(await temporaryFolder(), 'x.tar');
  return {
    sink: writerTo(path),
    reopen: async () => {
      try {
        return (await openArchive(path)).source;
      } catch (error) {
        // Without a commit no file was written.
        if (error instanceof Error && systemCode(error) === 'NOT_FOUND') return new MemoryStore();
        throw error;
      }
    },
  };
});

sourceContract(
  'an archive',
  async (content) => (await openArchive(await archiveOf(content))).source,
);

describe('an archive', () => {
  it('has the same bytes whatever the order of the calls', async () => {
    const content = new MemoryStore();
    await writeImage(content, 'one:1');
    await writeImage(content, 'two:1', { seed: 'b' });
    const folder = await temporaryFolder();
    for (const order of [
      ['one:1', 'two:1'],
      ['two:1', 'one:1'],
    ]) {
      const writer = writerTo(join(folder, `${order[0]}.tar`));
      for (const reference of order) await copy(content, reference, writer);
      await writer.commit();
    }
    expect(await readFile(join(folder, 'one:1.tar'))).toEqual(
      await readFile(join(folder, 'two:1.tar')),
    );
  });

  it('gives the same image from a gzip file and from a pipe', async () => {
    const path = await archiveOf(await storeWith('one:1'));
    const plain = await openArchive(path);
    const { descriptor } = await plain.source.resolve('one:1');
    await plain.source[Symbol.asyncDispose]();
    await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
    const spoolFolder = await temporaryFolder();
    const zipped = await openArchive(`${path}.gz`);
    const piped = await openPipedArchive('-', chunksOf(await readFile(`${path}.gz`)), {
      spoolFolder,
    });
    for (const { source, kind, compression } of [zipped, piped]) {
      expect({ kind, compression }).toEqual({ kind: 'hybrid-archive', compression: 'gzip' });
      expect((await source.resolve('one:1')).descriptor.digest).toBe(descriptor.digest);
      await source[Symbol.asyncDispose]();
    }
  });

  it('contains the same image in its docker half', async () => {
    const path = await archiveOf(await storeWith('example.com/one:1'));
    await using docker = await DockerArchive.open(
      path,
      await TarFile.open(await Parts.open([path])),
    );
    const { reference, descriptor } = await docker.resolve();
    expect(reference).toBe('example.com/one:1');
    const graph = await walk(docker, descriptor);
    for (const node of graph.nodes) await readContent(docker, node);
  });

  it.each([
    ['an empty file', async () => Buffer.alloc(0), 'INVALID', /not an image archive/],
    ['text', async () => Buffer.from('hello '.repeat(200)), 'INVALID', /checksum/],
    [
      'a tar of something else',
      async () => tarOf({ 'src/main.c': 'int main;' }),
      'INVALID',
      /"src\/main.c"/,
    ],
    [
      'a member path that leaves the archive',
      async () => tarOf({ '../evil': 'x' }),
      'INVALID',
      /leads out of the archive/,
    ],
    [
      'an absolute member path',
      async () => tarOf({ '/etc/passwd': 'x' }),
      'INVALID',
      /leads out of the archive/,
    ],
    [
      'two different members of one name',
      async () =>
        Buffer.concat([(await tarOf({ a: 'x' })).subarray(0, 1024), await tarOf({ a: 'y' })]),
      'INVALID',
      /there twice/,
    ],
    ['damaged zstd', async () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), 'CORRUPT', /zstd/],
    [
      'damaged gzip',
      async () => gzipSync(await tarOf({ a: 'x'.repeat(9000) })).subarray(0, 60),
      'CORRUPT',
      /gzip/,
    ],
  ])('refuses %s', async (_what, content, code, message) => {
    const path = join(await temporaryFolder(), 'x.tar');
    await writeFile(path, await content());
    const opening = openArchive(path);
    await expect(opening).rejects.toMatchObject({ code });
    await expect(opening).rejects.toThrow(message);
  });

  it('refuses an archive truncated at any byte, when it is opened or when its content is read', async () => {
    const path = await archiveOf(await storeWith('one:1', { layers: 1, bytes: 700 }));
    const whole = await readFile(path);
    for (let length = whole.byteLength - 1025; length > 0; length -= 97) {
      await writeFile(path, whole.subarray(0, length));
      await expect(readWhole(path)).rejects.toMatchObject({
        code: expect.stringMatching(/CORRUPT|INCOMPLETE|INVALID|NOT_FOUND/) as string,
      });
    }
  });

  it('refuses an archive with any one bit of its content flipped', async () => {
    const content = await storeWith('one:1', { layers: 1, bytes: 700 });
    const path = await archiveOf(content);
    const whole = await readFile(path);
    for (const blob of content.blobs.values()) {
      const start = whole.indexOf(blob);
      expect(start).toBeGreaterThan(0);
      for (let at = start; at < start + blob.byteLength; at += 37) {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        await writeFile(path, damaged);
        await expect(readWhole(path)).rejects.toMatchObject({ code: 'CORRUPT' });
      }
    }
  });
});

function writerTo(path: string): ArchiveWriter {
  return new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
}

async function archiveOf(content: MemoryStore): Promise<string> {
  const path = join(await temporaryFolder(), 'image.tar');
  const writer = writerTo(path);
  for await (const { descriptor, reference } of content.list())
    await copy(content, descriptor.digest, writer, { as: reference });
  await writer.commit();
  return path;
}

async function readWhole(path: string): Promise<void> {
  await using source = (await openArchive(path)).source;
  const graph = await walk(source, (await source.resolve('one:1')).descriptor);
  for (const node of graph.nodes) await readContent(source, node);
}

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const members = Object.entries(files).map(([name, text]) => ({
    name,
    size: text.length,
    open: () => [Buffer.from(text)],
  }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of packTar(members)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
}
