import { storeContract } from './contracts/store.js';
import { MemoryStore } from './memory-store.js';

storeContract('the memory store', async () => {
  const store = new MemoryStore();
  return { store, reopen: async () => store };
});
