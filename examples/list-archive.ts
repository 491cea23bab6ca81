// Lists the images of an archive: list-archive.ts ARCHIVE
import { openArchive } from '@stowage/core';

const [path = 'app.tar'] = process.argv.slice(2);

// The kind and the compression are detected from the content, not from the file name.
const { source, kind, compression } = await openArchive(path);
await using archive = source;
console.log(`${path}: ${kind}, compression ${compression}`);
for await (const { reference, descriptor } of archive.list())
  console.log(`${reference ?? '(no name)'} ${descriptor.digest}`);
