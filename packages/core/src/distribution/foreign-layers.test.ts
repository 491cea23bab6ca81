import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { writeForeignImage } from '../../testing/foreign-image.js';
import { listening } from '../../testing/listening.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { ImageError } from '../errors.js';
import { registryHandler } from '../registry/handler/handler.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { surroundingsOf } from '../surroundings.js';
import { copy, oneChunk } from '../transfer/copy.js';
import type { Sink, Source } from '../transfer/store.js';
import { readAll } from '../transfer/verified.js';
import { verifySource } from '../verify/verify-source.js';
import { withForeignLayers } from './foreign-layers.js';
import { openRepository } from './open-repository.js';

const NO_RETRY = { retries: 0, surroundings: surroundingsOf() };

/** A registry, and a way to copy an image between stores that collects the notices. */
async function registry() {
  const reader = new RegistryStore(await temporaryFolder());
  const name = `${await listening(registryHandler({ reader, storage: reader }))}/team/app`;
  const open = (options = {}) =>
    openRepository(`${name}:1`, { plainHttp: true }, surroundingsOf(), options);
  return { open, name: `${name}:1` };
}

async function copyNoting(source: Source, sink: Sink, as: string) {
  const notices: string[] = [];
  const reference = source.location.startsWith('docker:') ? as : undefined;
  const root = await copy(source, reference, sink, {
    as,
    onEvent: (event) => void (event.type === 'notice' && notices.push(event.text)),
  });
  await sink.commit();
  return { root, notices };
}

/** A publisher of one layer, and the requests that it got. */
async function publisher(answer: (content: Uint8Array) => RequestListener) {
  const seen: (string | undefined)[] = [];
  let content: Uint8Array = Buffer.alloc(0);
  const host = await listening((request, response) => {
    seen.push(request.headers.authorization);
    answer(content)(request, response);
  });
  return { host, seen, publish: (bytes: Uint8Array) => void (content = bytes) };
}

describe('an image with a foreign layer', () => {
  it('is copied and verified without it, with a notice, and its urls stay', async () => {
    const store = new MemoryStore();
    const { root, foreign } = await writeForeignImage(store, 'a:1', ['https://far.invalid/1']);
    const { open, name } = await registry();
    const pushed = await copyNoting(store, await open(), name);
    const note = /team\/app:1: 1 foreign layer is left out/;
    expect(pushed.notices).toEqual([expect.stringMatching(note)]);
    const back = new MemoryStore();
    const pulled = await copyNoting(await open(), back, name);
    expect([pulled.root.digest, pulled.notices]).toEqual([
      root.digest,
      [expect.stringMatching(note)],
    ]);
    expect(back.blobs.has(foreign.digest)).toBe(false);
    expect(await verifySource(back)).toMatchObject({
      problems: [],
      notices: [expect.stringMatching(note)],
    });
  });

  it('that is in the source is copied to a store, verified, and not sent to a registry', async () => {
    const store = new MemoryStore();
    const { foreign, content } = await writeForeignImage(store, 'a:1', []);
    await store.write(foreign, () => oneChunk(content));
    const other = new MemoryStore();
    expect((await copyNoting(store, other, 'a:1')).notices).toEqual([]);
    expect(await verifySource(other)).toMatchObject({ problems: [], notices: [] });
    const { open, name } = await registry();
    const pushed = await copyNoting(store, await open(), name);
    expect(pushed.notices).toHaveLength(1);
    await using repository = await open();
    expect(await repository.holds(foreign)).toBe(false);
    other.blobs.set(foreign.digest, Buffer.from(content).fill(1, 20, 24));
    expect((await verifySource(other)).problems).toMatchObject([{ code: 'CORRUPT' }]);
  });
});

describe('foreign layers that are wanted', () => {
  it('come from the first URL that delivers them, and go to a registry and from there', async () => {
    const absent = await publisher(() => (_, response) => response.writeHead(404).end());
    const there = await publisher((content) => (_, response) => response.end(content));
    const store = new MemoryStore();
    const urls = ['ftp://far.invalid/', `http://${absent.host}/1`, `http://${there.host}/1`];
    const { foreign, content } = await writeForeignImage(store, 'a:1', urls);
    there.publish(content);
    const { open, name } = await registry();
    const all = { foreignLayers: true };
    const pushed = await copyNoting(withForeignLayers(store, NO_RETRY), await open(all), name);
    expect(pushed.notices).toEqual([]);
    expect([absent.seen.length, there.seen.length]).toEqual([1, 1]);
    const back = new MemoryStore();
    await copyNoting(withForeignLayers(await open(), NO_RETRY), back, name);
    expect(back.blobs.get(foreign.digest)).toEqual(content);
    expect(there.seen).toHaveLength(1);
    expect((await copyNoting(await open(), new MemoryStore(), name)).notices).toHaveLength(1);
  });

  it('that the source fails to read are not said to lack a URL', async () => {
    const store = new MemoryStore();
    const { foreign } = await writeForeignImage(store, 'a:1', ['ftp://far.invalid/']);
    const malformed = [
      { references: ['b:1'], error: new ImageError('INVALID', 'b:1: expected an image, got none') },
    ];
    const error = new ImageError('UNAVAILABLE', 'source: expected an answer, got none');
    store.read = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
    });
    const all = withForeignLayers(Object.assign(store, { malformed }), NO_RETRY);
    expect(all.malformed).toBe(malformed);
    for (const urls of [foreign.urls ?? [], []])
      await expect(readAll(all.read({ ...foreign, urls }))).rejects.toBe(error);
  });

  it('get no credentials, and content of another digest is refused', async () => {
    const asks = await publisher(
      () => (_, response) =>
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    );
    const wrong = await publisher(
      (content) => (_, response) => response.end(Buffer.from(content).fill(1)),
    );
    for (const [{ host, seen, publish }, code] of [
      [asks, 'UNAUTHORIZED'],
      [wrong, 'CORRUPT'],
    ] as const) {
      const store = new MemoryStore();
      publish((await writeForeignImage(store, 'a:1', [`http://eve:hidden@${host}/1`])).content);
      const copied = copyNoting(withForeignLayers(store, NO_RETRY), new MemoryStore(), 'a:1');
      await expect(copied).rejects.toMatchObject({ code });
      expect(seen).toEqual([undefined]);
    }
  });

  it.each([
    [[], 'NOT_FOUND', /no URL to fetch it from/],
    [
      ['http://far.invalid/1?signature=hidden'],
      'UNAVAILABLE',
      /not a URL of https: "http:\/\/far\.invalid\/1"/,
    ],
    [['file:///etc/passwd'], 'UNAVAILABLE', /not a URL of https: "file:/],
  ])('fail with the URLs %j: %s', async (urls, code, message) => {
    const store = new MemoryStore();
    await writeForeignImage(store, 'a:1', urls);
    const copied = copyNoting(withForeignLayers(store, NO_RETRY), new MemoryStore(), 'a:1');
    await expect(copied).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});
