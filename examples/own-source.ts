// Copies an image from a custom source into an archive: own-source.ts ARCHIVE
import { ArchiveWriter, copy, writeAtomically } from '@stowage/core';
import { MemorySource } from './memory-source.js';

const [path = 'hello.tar'] = process.argv.slice(2);

// A source has four methods; `copy` verifies every byte that they return.
const source = new MemorySource('hello:1', { 'hello.txt': 'Hello\n' });
await using archive = new ArchiveWriter(path, (bytes) => writeAtomically(path, bytes));
const { digest } = await copy(source, 'hello:1', archive);
await archive.commit();
console.log(`${path} holds hello:1, ${digest}`);
