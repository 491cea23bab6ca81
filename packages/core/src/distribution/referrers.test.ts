import { expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { fillRegistry } from '../../testing/fill-registry.js';
import { writeImage, writeReferrer } from '../../testing/image.js';
import { describe } from '../oci/descriptor.js';
import { parseJsonObject } from '../oci/json.js';
import { MediaType } from '../oci/media-types.js';
import { registryHandler } from '../registry/handler/handler.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { surroundingsOf } from '../surroundings.js';
import { copy, oneChunk } from '../transfer/copy.js';
import { readContent } from '../transfer/verified.js';
import { Repository } from './repository.js';
import { RegistryClient } from './transport/client.js';
import { openRepository } from './open-repository.js';

/** A registry with one image and a referrer, whose referrers API fails `failures` times; waits take no time. */
async function failingRegistry(failures: number) {
  const reader = new RegistryStore(await temporaryFolder());
  const content = new MemoryStore();
  const image = await writeImage(content, 'a:1', { bytes: 10 });
  const referrer = await writeReferrer(content, image, { artifactType: 'application/x' });
  await fillRegistry(reader, content);
  let asked = 0;
  const handle = registryHandler({ reader, storage: reader });
  const registry = await listening((request, response) => {
    if (!request.url?.includes('/referrers/') || ++asked > failures) handle(request, response);
    else response.writeHead(500).end();
  });
  const client = await RegistryClient.open(registry, {
    plainHttp: true,
    credentials: async () => undefined,
    surroundings: surroundingsOf(),
    wait: async () => undefined,
  });
  const [name] = await reader.repositories();
  const repository = new Repository(client, name ?? '');
  const read = async (options = {}) => {
    const found: string[] = [];
    for await (const { digest } of repository.referrers(image, options)) found.push(digest);
    return found;
  };
  return { read, referrer, asked: () => asked };
}

it('a referrers API that fails for a short time is asked again', async () => {
  const { read, referrer } = await failingRegistry(2);
  expect(await read()).toEqual([referrer.digest]);
});

it('a referrers API that keeps failing is an error, or a notice, and is not asked again', async () => {
  const { read, asked } = await failingRegistry(Infinity);
  await expect(read()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const tries = asked();
  const notices: unknown[] = [];
  expect(await read({ onEvent: (event: unknown) => notices.push(event) })).toEqual([]);
  const text = expect.stringMatching(
    /referrers of sha256:.* are not known: .*the registry failed \(500/,
  ) as string;
  expect(notices).toEqual([{ type: 'notice', text }]);
  expect(asked()).toBe(tries);
});

it('the list of referrers in a tag is edited, and an entry has the annotations of its manifest', async () => {
  const reader = new RegistryStore(await temporaryFolder());
  const handle = registryHandler({ reader, storage: reader });
  // A registry without the referrers API.
  const host = await listening((request, response) => {
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (name, value) =>
      name === 'oci-subject' ? response : setHeader(name, value);
    const writeHead = response.writeHead.bind(response);
    response.writeHead = ((status: number, headers: Record<string, string> = {}) => {
      const { 'oci-subject': _, ...others } = headers;
      return writeHead(status, others);
    }) as typeof response.writeHead;
    handle(request, response);
  });
  const store = new MemoryStore();
  const image = await writeImage(store, 'a:1', { bytes: 10 });
  await using repository = await openRepository(
    `${host}/a:1`,
    { plainHttp: true },
    surroundingsOf(),
  );
  await copy(store, undefined, repository, { as: `${host}/a:1` });
  await repository.commit();
  const empty = Buffer.from('{}');
  const config = describe(MediaType.empty, empty);
  const attach = async (kind: string) => {
    const manifest = {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: 'application/x',
      config,
      layers: [config],
      subject: image,
      annotations: { kind },
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    await repository.write(config, () => oneChunk(empty));
    await repository.write(describe(MediaType.manifest, bytes), () => oneChunk(bytes));
  };
  const tag = image.digest.replace(':', '-');
  const list = async () => {
    const found = await repository.find(tag);
    return found && parseJsonObject(await readContent(repository, found), 'index');
  };
  await attach('one');
  const before = await list();
  expect(before?.['manifests']).toMatchObject([{ annotations: { kind: 'one' } }]);
  const bytes = Buffer.from(JSON.stringify({ 'x-list': 1, ...before }));
  await repository.put(tag, { type: MediaType.index, bytes });
  await attach('two');
  const after = await list();
  expect(Object.keys(after ?? {})).toEqual(['x-list', ...Object.keys(before ?? {})]);
  expect(after?.['manifests']).toMatchObject([
    { annotations: { kind: 'one' } },
    { annotations: { kind: 'two' } },
  ]);
});
