import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkName } from './definition/name.js';
import { tagLink } from './registry/storage/registry-paths.js';
import { nameFile } from './store/paths.js';

describe('on macOS', () => {
  it('tags and names that differ in case have files that differ in more than case', () => {
    const [upper, lower] = ['V1', 'v1'].map((tag) => tagLink('/r', 'team/app', tag).toLowerCase());
    expect(upper).not.toBe(lower);
    const [one, other] = ['V1', 'v1'].map((tag) =>
      nameFile('/s', `team/app:${tag}`)?.toLowerCase(),
    );
    expect(one).not.toBe(other);
  });

  it('no two archives of the catalog differ only in case', () => {
    expect(() => checkName('App-debian-12-base', ['app'])).toThrow(
      expect.objectContaining({
        code: 'NAMING',
        hint: 'The nearest valid name is app-debian-12-base.',
      }),
    );
  });

  it('files are synced by handles and `fsync` of Node.js alone, both of which empty the cache of the disk there', () => {
    const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!\.test)\.ts$/.test(name))
      .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'));
    const found = sources.flatMap(
      (text) => text.match(/\bf(?:datasync|(?:data)?syncSync)\(|\bO_D?SYNC\b|\bflush: true/g) ?? [],
    );
    expect(found).toEqual([]);
    expect(sources.join('').match(/\.(?:data)?sync\(\)/g)?.length).toBeGreaterThan(4);
  });
});
