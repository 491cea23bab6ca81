// Recompresses the layers of an image with zstd, in OCI format: convert-archive.ts ARCHIVE OUTPUT
import { tmpdir } from 'node:os';
import { ArchiveWriter, convertImage, copy, openArchive, writeAtomically } from '@stowage/core';

const [path = 'app.tar', output = 'app-zstd.tar'] = process.argv.slice(2);

const { source } = await openArchive(path);
await using archive = source;
const image = await archive.resolve();

// Configs keep their bytes, so the image ID stays; manifests change, and the new digest is known before anything is written.
await using converted = await convertImage(archive, image, {
  compress: 'zstd',
  format: 'oci',
  spoolFolder: tmpdir(),
});
await using writer = new ArchiveWriter(output, (bytes) => writeAtomically(output, bytes));
await copy(converted.source, undefined, writer);
await writer.commit();
console.log(`${converted.from.digest} is ${converted.to.digest} in ${output}`);
