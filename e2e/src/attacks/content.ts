/** Registers the cases of this file; see ../attacks.test.ts. */
export function contentAttacks(): void {
  // Its cases follow.
}
