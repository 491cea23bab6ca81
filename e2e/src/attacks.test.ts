import { describe } from 'vitest';
import { accessAttacks } from './attacks/access.js';
import { clientAttacks } from './attacks/client.js';
import { contentAttacks } from './attacks/content.js';
import { storageAttacks } from './attacks/storage.js';
import { workspaceAttacks } from './attacks/workspace.js';

// Attacks that succeeded once, repeated against the built command on loopback.
describe('a hostile registry or token server', clientAttacks);
describe('an untrusted client of the served registry', accessAttacks);
describe('a client that fills the served registry', storageAttacks);
describe('a hostile workspace or catalog', workspaceAttacks);
describe('hostile content', contentAttacks);
