import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { writeImage, writeIndex } from '../../testing/image.js';
import { MemoryStore } from '../../testing/memory-store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { workspaceOf } from '../../testing/workspace.js';
import { ArchiveWriter } from '../archive/archive-writer.js';
import { writeAtomically } from '../disk/atomic-write.js';
import { parseLocation } from '../location.js';
import { describe as descriptorOf, type Descriptor } from '../oci/descriptor.js';
import { MediaType } from '../oci/media-types.js';
import { registryHandler } from './handler/handler.js';
import { copy, oneChunk } from '../transfer/copy.js';
import { RegistryArchives } from './archives.js';
import { listen } from '../lifecycle/serve/listen.js';
import { openIn } from '../lifecycle/workspace/inputs/open-in.js';

const PLATFORMS = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
const digestOf = (bytes: Uint8Array) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

let path: string;
let index: Descriptor;
let referrer: Descriptor;

beforeEach(async () => {
  const content = new MemoryStore();
  index = await writeIndex(content, 'example.com/team/app:1', PLATFORMS);
  await content.tag(index, 'example.com/team/app:latest');
  await content.commit();
  await writeImage(content, 'docker.io/library/tool:2', { seed: 'tool' });
  const empty = Buffer.from('{}');
  const config = descriptorOf('application/vnd.oci.empty.v1+json', empty);
  await content.write(config, () => oneChunk(empty));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: 'text/x-signature',
      config,
      layers: [],
      subject: index,
      annotations: { by: 'ada' },
    }),
  );
  referrer = descriptorOf(MediaType.manifest, bytes);
  await content.write(referrer, () => oneChunk(bytes));
  await content.begin({ root: referrer, documents: new Map(), nodes: [], missing: [] });
  await content.commit();
  path = join(await temporaryFolder(), 'images.tar');
  await using sink = new ArchiveWriter(path, (written) => writeAtomically(path, written));
  for await (const { descriptor, reference } of content.list())
    if (reference !== undefined) await copy(content, reference, sink);
    else await copy(content, descriptor.digest, sink);
  await sink.commit();
});

/** Serves the archive as a read-only registry. */
async function serveArchive() {
  const { workspace, call } = await workspaceOf();
  const engine = () => Promise.reject(new Error('unexpected use of the engine'));
  const location = await parseLocation(path, call);
  const reader = await RegistryArchives.open([
    await openIn(workspace, location, { ...call, engine }),
  ]);
  const listening = await listen(registryHandler({ reader }), { host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await listening[Symbol.asyncDispose]();
    await reader[Symbol.asyncDispose]();
  });
  return (target: string, init?: RequestInit) => fetch(`${listening.url}/v2/${target}`, init);
}

it('serves repositories, tags, manifests, blobs and ranges of blobs', async () => {
  const ask = await serveArchive();
  expect(await (await ask('_catalog')).json()).toEqual({ repositories: ['team/app', 'tool'] });
  const first = await ask('team/app/tags/list?n=1');
  expect(await first.json()).toEqual({ name: 'team/app', tags: ['1'] });
  expect(first.headers.get('link')).toBe('</v2/team/app/tags/list?n=1&last=1>; rel="next"');
  for (const reference of ['1', 'latest', index.digest]) {
    const head = await ask(`team/app/manifests/${reference}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('docker-content-digest')]).toEqual([200, index.digest]);
    expect(head.headers.get('content-length')).toBe(String(index.size));
    const bytes = new Uint8Array(
      await (await ask(`team/app/manifests/${reference}`)).arrayBuffer(),
    );
    expect(digestOf(bytes)).toBe(index.digest);
  }
  const { manifests } = (await (await ask('team/app/manifests/1')).json()) as {
    manifests: Descriptor[];
  };
  for (const { digest } of manifests) {
    const image = (await (await ask(`team/app/manifests/${digest}`)).json()) as {
      config: Descriptor;
      layers: Descriptor[];
    };
    for (const blob of [image.config, ...image.layers]) {
      const whole = new Uint8Array(
        await (await ask(`team/app/blobs/${blob.digest}`)).arrayBuffer(),
      );
      expect(digestOf(whole)).toBe(blob.digest);
      const part = await ask(`team/app/blobs/${blob.digest}`, {
        headers: { range: 'bytes=10-19' },
      });
      expect(part.status).toBe(206);
      expect(new Uint8Array(await part.arrayBuffer())).toEqual(whole.slice(10, 20));
    }
  }
});

it('lists the referrers of an image', async () => {
  const ask = await serveArchive();
  const found = await ask(`team/app/referrers/${index.digest}?artifactType=text/x-signature`);
  expect(found.headers.get('oci-filters-applied')).toBe('artifactType');
  expect(await found.json()).toMatchObject({
    manifests: [
      { digest: referrer.digest, artifactType: 'text/x-signature', annotations: { by: 'ada' } },
    ],
  });
  const other = await ask(`team/app/referrers/${index.digest}?artifactType=other`);
  expect(await other.json()).toMatchObject({ manifests: [] });
});

it.each([
  ['GET', 'team/app/manifests/none', '404 MANIFEST_UNKNOWN'],
  ['GET', 'none/manifests/1', '404 NAME_UNKNOWN'],
  ['GET', 'none/tags/list', '404 NAME_UNKNOWN'],
  ['GET', `tool/blobs/sha256:${'0'.repeat(64)}`, '404 BLOB_UNKNOWN'],
  ['GET', 'tool/blobs/sha256:0', '400 DIGEST_INVALID'],
  ['POST', 'tool/blobs/uploads/', '405 UNSUPPORTED'],
  ['PUT', 'tool/manifests/3', '405 UNSUPPORTED'],
  ['DELETE', 'tool/manifests/2', '405 UNSUPPORTED'],
  ['DELETE', `tool/blobs/sha256:${'0'.repeat(64)}`, '405 UNSUPPORTED'],
])('answers %s %s with %s', async (method, target, expected) => {
  const ask = await serveArchive();
  const answer = await ask(target, { method });
  const { errors } = (await answer.json()) as { errors: { code: string }[] };
  expect(`${answer.status} ${errors[0]?.code}`).toBe(expected);
});
