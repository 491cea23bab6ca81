// Pulls one platform of an image into an archive that every engine loads:
// registry-to-archive.ts REFERENCE ARCHIVE [PLATFORM]
import {
  ArchiveWriter,
  copyGraph,
  openRepository,
  parsePlatform,
  selectPlatform,
  sizeOf,
  walk,
  writeAtomically,
} from '@stowage/core';

const [reference = 'docker.io/library/alpine:3', path = 'app.tar', platform = 'linux/amd64'] =
  process.argv.slice(2);

await using repository = await openRepository(reference);
const { descriptor } = await repository.resolve(reference);
const root = await selectPlatform(repository, descriptor, parsePlatform(platform));

// Manifests and configs are read first, so the size is known before a layer is fetched.
const graph = await walk(repository, root);
console.log(`${root.digest}: ${graph.nodes.length} blobs and manifests, ${sizeOf(graph)} bytes`);

// The archive appears under its name only when it is complete.
await using archive = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
await copyGraph(repository, graph, archive);
await archive.tag(root, reference);
await archive.commit();
console.log(`${path} holds ${reference}`);
