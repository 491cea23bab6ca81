import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatLock } from './lock.js';

const PAGE = join(import.meta.dirname, '../../../../docs/interop.md');
const DIGEST = `sha256:${'a'.repeat(64)}` as const;

interface Manager {
  readonly managerFilePatterns: readonly [string];
  readonly matchStrings: readonly [string];
}

/** The managers of the page: that of the lock, and that of the definition. */
function managers(): readonly Manager[] {
  const [, json = ''] = /```json\n(.*?)```/s.exec(readFileSync(PAGE, 'utf8')) ?? [];
  return (JSON.parse(json) as { customManagers: Manager[] }).customManagers;
}

/** Matches as Renovate does, whose engine RE2 knows no look-around and no back-references. */
function found(at: number, text: string): Record<string, string | undefined>[] {
  const [expression] = managers()[at]?.matchStrings ?? [''];
  expect(expression).not.toMatch(/\(\?<?[=!]|\\[1-9]|\\k/);
  return [...text.matchAll(new RegExp(expression, 'g'))].map(({ groups }) => ({ ...groups }));
}

describe('the managers for Renovate', () => {
  it.each([
    ['ubuntu:25.04', 'ubuntu', '25.04'],
    ['registry.example:5000/team/app:1.2', 'registry.example:5000/team/app', '1.2'],
    [`debian:12@${DIGEST}`, 'debian', '12'],
    ['debian', 'debian', undefined],
  ])('read the lock of %s', (base, depName, currentValue) => {
    const read = found(0, formatLock({ base, digest: DIGEST }));
    expect(read).toEqual([{ depName, currentValue, currentDigest: DIGEST }]);
  });

  it.each([
    ['base: ubuntu:25.04\nvariant: x\n', 'ubuntu', '25.04'],
    [
      'project: app\nbase: "registry.example:5000/app:1" # ours\n',
      'registry.example:5000/app',
      '1',
    ],
    ["os: debian-12\r\nbase: 'debian:12'\r\n", 'debian', '12'],
  ])('read the base of a definition: %j', (text, depName, currentValue) => {
    expect(found(1, text)).toEqual([{ depName, currentValue }]);
  });

  it('leave other images of the workspace and other keys alone', () => {
    expect(found(1, 'base: app-debian-12-base\nrun: [echo base: a:1]\n')).toEqual([]);
  });

  it('read the files that Stowage has, only these', () => {
    const patterns = managers().map(
      ({ managerFilePatterns: [each] }) => new RegExp(each.replace(/^\/|\/$/g, '')),
    );
    const files = [
      'apps/app/images/debian-12-base/image.lock.yaml',
      'images/a/image.yaml',
      'a.yaml',
    ];
    expect(files.map((file) => patterns.map((each) => each.test(file)))).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
  });
});
