/** Registers the cases of this file; see ../attacks.test.ts. */
export function clientAttacks(): void {
  // Its cases follow.
}
