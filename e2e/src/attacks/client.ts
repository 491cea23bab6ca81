import { clientBoundsAttacks } from './client-bounds.js';
import { clientMessageAttacks } from './client-messages.js';
import { clientRedirectAttacks } from './client-redirects.js';

/** Registers the tests of a registry, a token server or another host that attacks its client; see ../attacks.test.ts. */
export function clientAttacks(): void {
  clientRedirectAttacks();
  clientBoundsAttacks();
  clientMessageAttacks();
}
