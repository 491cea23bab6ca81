// A test with a real registry of its own, on a free port of loopback: node --test serve-in-test.ts
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { copy, openRepository } from '@stowage/core';
import { hostCheck, openRegistryFolder, registryHandler } from '@stowage/core/registry';
import { MemorySource } from './memory-source.js';

await test('a pushed image can be found', async () => {
  await using registry = await startRegistry();
  const reference = `${registry.host}/team/app:1`;
  await using repository = await openRepository(reference);

  const source = new MemorySource('app:1', { 'hello.txt': 'Hello\n' });
  const { digest } = await copy(source, 'app:1', repository, { as: reference });
  await repository.commit();

  assert.equal((await repository.resolve(reference)).descriptor.digest, digest);
  const tags: string[] = [];
  for await (const tag of repository.tags()) tags.push(tag);
  assert.deepEqual(tags, ['1']);
});

async function startRegistry(): Promise<AsyncDisposable & { readonly host: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-'));
  const storage = openRegistryFolder(folder);
  // Without a login, only the check of the Host header keeps web pages out.
  const checkHost = hostCheck([]);
  const server = createServer(registryHandler({ reader: storage, storage, checkHost }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await storage[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
