// Copies the only image of an archive to a registry: archive-to-registry.ts ARCHIVE REFERENCE
import { copy, openArchive, openRepository } from '@stowage/core';

const [path = 'app.tar', reference = 'registry.example.com/team/app:1'] = process.argv.slice(2);

const { source } = await openArchive(path);
await using archive = source;
await using repository = await openRepository(reference);

// Layers are verified while they are sent; layers that the registry has are skipped.
let sent = 0;
const { digest } = await copy(archive, undefined, repository, {
  as: reference,
  onEvent: (event) => {
    if (event.type === 'progress') sent += event.bytes;
  },
});
// The tag is written last, so it never names an incomplete image.
await repository.commit();
console.log(`${reference} is ${digest}, ${sent} bytes sent`);
