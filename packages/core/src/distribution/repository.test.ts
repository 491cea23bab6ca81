import { sinkContract } from '../../testing/contracts/sink.js';
import { listening } from '../../testing/listening.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { registryHandler } from '../registry/handler/handler.js';
import { RegistryStore } from '../registry/storage/registry-store.js';
import { openRepository } from './open-repository.js';
import { surroundingsOf } from '../surroundings.js';

sinkContract('a repository of a registry', async () => {
  const storage = new RegistryStore(await temporaryFolder());
  const name = `${await listening(registryHandler({ reader: storage, storage }))}/team/app`;
  // Each name becomes a tag of this one repository.
  const named = (reference: string) => `${name}:${reference.replaceAll(/[^a-z0-9]/g, '-')}`;
  const open = () => openRepository(name, { plainHttp: true }, surroundingsOf());
  return { sink: await open(), reopen: open, named };
});
