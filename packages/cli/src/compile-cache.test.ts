import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheCompiledCode } from './compile-cache.js';

const enable = vi.fn<(folder: string) => void>();
const own = module as { enableCompileCache?: unknown };
const { enableCompileCache: original } = own;
let cache: string;
let folder: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'stowage-compiled-'));
  folder = join(cache, 'stowage/compiled');
  vi.stubEnv('XDG_CACHE_HOME', cache);
  own.enableCompileCache = enable;
});
afterEach(() => {
  own.enableCompileCache = original;
  enable.mockReset();
  chmodSync(cache, 0o700);
  rmSync(cache, { recursive: true });
});

it('keeps compiled code in a folder of this user alone', () => {
  vi.stubEnv('STOWAGE_CACHE_DIR', join(cache, 'of-all'));
  cacheCompiledCode();
  expect(enable).toHaveBeenCalledExactlyOnceWith(folder);
});

describe('keeps none', () => {
  it.each<[string, () => void]>([
    [
      'where others can write',
      () => {
        mkdirSync(folder, { recursive: true });
        chmodSync(folder, 0o777);
      },
    ],
    [
      'behind a link',
      () => {
        mkdirSync(join(cache, 'stowage'), { recursive: true });
        symlinkSync(tmpdir(), folder);
      },
    ],
    ['if a file is in its place', () => vi.stubEnv('XDG_CACHE_HOME', import.meta.filename)],
    ['for another user', () => vi.spyOn(process, 'getuid').mockReturnValueOnce(4242)],
  ])('%s', (_, prepare) => {
    prepare();
    cacheCompiledCode();
    expect(enable).not.toHaveBeenCalled();
  });

  it('with a Node.js that cannot', () => {
    own.enableCompileCache = undefined;
    cacheCompiledCode();
    expect(existsSync(folder)).toBe(false);
  });
});
