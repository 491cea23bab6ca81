import { engineContract } from '../../testing/contracts/engine.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { EmbeddedEngine } from './embedded.js';

engineContract(
  'the embedded store',
  async () => new EmbeddedEngine(await temporaryFolder(), { now: Date.now }),
);
