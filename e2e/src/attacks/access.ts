/** Registers the cases of this file; see ../attacks.test.ts. */
export function accessAttacks(): void {
  // Its cases follow.
}
