/** Registers the cases of this file; see ../attacks.test.ts. */
export function workspaceAttacks(): void {
  // Its cases follow.
}
