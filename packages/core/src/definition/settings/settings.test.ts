import { describe, expect, it } from 'vitest';
import { groupCounts, parseSettings } from './settings.js';

const parse = (text: string) => parseSettings({ text, path: 'stowage.yaml' });

describe('settings', () => {
  it('have the runners hosted by GitHub beside their own, which come first', () => {
    expect(parse('runners: { big: debian-12 }').runners).toEqual({
      'ubuntu-latest': 'ubuntu-24.04',
      big: 'debian-12',
    });
    expect(parse('runners: { ubuntu-latest: ubuntu-26.04 }').runners).toEqual({
      'ubuntu-latest': 'ubuntu-26.04',
    });
  });

  it('take a key or an item without a value as none', () => {
    const blank = 'prune:\npush:\n  to:\npins:\n  -\n  - a\ncache: {}\nnaming: { pattern: }\n';
    expect(parse(blank)).toEqual({ ...parse(''), pins: ['a'] });
  });

  it('have rules for prune under other names; a number keeps the newest of each name', () => {
    const text =
      'prune:\n  keep_newest: 3\n  unused_for: 30d\n  min_age: 1d\n  max_used: 20GB\n  min_free: 10%\n  reserved: 5GB\n  orphans: true\n';
    expect(parse(text).prune).toEqual({
      keepNewest: { name: 3 },
      unusedFor: '30d',
      minAge: '1d',
      maxUsed: '20GB',
      minFree: '10%',
      reserved: '5GB',
      orphans: true,
    });
    expect(groupCounts({ project: 2 })).toEqual({ project: 2 });
  });

  it('take a new key before the deprecated ones, and the one in prune first', () => {
    expect(parse('disk_min_free_gb: 5').prune.minFree).toBe('5GB');
    expect(parse('disk_min_free_gb: 5\nprune: { disk_min_free_gb: 7 }').prune.minFree).toBe('7GB');
    expect(parse('prune: { disk_min_free_gb: 7, min_free: 1GB }').prune.minFree).toBe('1GB');
  });

  it('have limits of the cache, a registry to push to and a pattern of names', () => {
    const text =
      "cache: { unused_for: 7d, max_used: 1GB }\npush: { to: registry.example/team, compress: zstd }\nnaming: { pattern: '^app-' }\n";
    const { cache, pushTo, pushCompress, namePattern } = parse(text);
    expect([cache, pushTo, pushCompress]).toEqual([
      { unusedFor: '7d', maxUsed: '1GB' },
      'registry.example/team',
      'zstd',
    ]);
    expect(parse('').pushCompress).toBe('auto');
    expect([namePattern?.test('app-x'), namePattern?.test('x')]).toEqual([true, false]);
  });

  it('with a pattern that is none are refused', () => {
    expect(() => parse("naming: { pattern: '(' }")).toThrow(
      expect.objectContaining({ code: 'USAGE', location: 'stowage.yaml' }) as Error,
    );
  });
});
