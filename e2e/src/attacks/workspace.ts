import { describe } from 'vitest';
import { buildAttacks } from './workspace-build.js';
import { catalogAttacks } from './workspace-catalog.js';
import { syncAttacks } from './workspace-sync.js';
import { linkAttacks } from './workspace-links.js';
import { slowPatternAttacks } from './workspace-patterns.js';

/** Registers the tests of the workspace-* files; see ../attacks.test.ts. */
export function workspaceAttacks(): void {
  describe('in its catalog', catalogAttacks);
  describe('with symbolic links', linkAttacks);
  describe('that shares images', syncAttacks);
  describe('in its definitions', buildAttacks);
  describe('that takes time', slowPatternAttacks);
}
