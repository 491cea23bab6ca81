import { storeContract } from '../../testing/contracts/store.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { FileStore } from './file-store.js';

storeContract('the embedded store', async () => {
  const folder = await temporaryFolder();
  return { store: new FileStore(folder), reopen: async () => new FileStore(folder) };
});
