import { expect, it } from 'vitest';
import { listening } from '../../testing/listening.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { writeImage } from '../../testing/image.js';
import { describe } from '../oci/descriptor.js';
import { parseJsonObject } from '../oci/json.js';
import { MediaType } from '../oci/media-types.js';
import { registryHandler } from '../registry/handler/handler.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { surroundingsOf } from '../surroundings.js';
import { copy, oneChunk } from '../transfer/copy.js';
import { readContent } from '../transfer/verified.js';
import { openRepository } from './open-repository.js';

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
