/** Registers the cases of this file; see ../attacks.test.ts. */
export function storageAttacks(): void {
  // Its cases follow.
}
