// Prints the manifests, configs and layers of an image, without reading a layer: walk-graph.ts ARCHIVE [NAME]
import { formatPlatform, imagesOf, openArchive, sizeOf, walk } from '@stowage/core';

const [path = 'app.tar', name] = process.argv.slice(2);

const { source } = await openArchive(path);
await using archive = source;
const { descriptor } = await archive.resolve(name);

// `missing` lists the platforms of an index that the archive does not hold.
const graph = await walk(archive, descriptor, { missing: 'report' });
console.log(`${descriptor.digest}, ${sizeOf(graph)} bytes`);
for (const { descriptor: manifest, config, layers } of imagesOf(graph)) {
  console.log(`  ${formatPlatform(config.platform)} ${manifest.digest}`);
  for (const [at, { digest, size, mediaType }] of layers.entries())
    console.log(`    ${digest} ${size} bytes ${mediaType}, unpacked ${config.diffIds[at]}`);
}
for (const { digest } of graph.missing) console.log(`  ${digest} is missing`);
