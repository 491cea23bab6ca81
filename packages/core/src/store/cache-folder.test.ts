import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';

it.each<[NodeJS.Platform, Record<string, string>, string]>([
  ['linux', {}, join('/home/ada', '.cache', 'stowage')],
  ['linux', { XDG_CACHE_HOME: '/xdg' }, join('/xdg', 'stowage')],
  ['linux', { XDG_CACHE_HOME: 'relative' }, join('/home/ada', '.cache', 'stowage')],
  ['linux', { XDG_CACHE_HOME: '' }, join('/home/ada', '.cache', 'stowage')],
  ['darwin', {}, join('/home/ada', 'Library', 'Caches', 'stowage')],
  ['darwin', { XDG_CACHE_HOME: '/xdg' }, join('/xdg', 'stowage')],
  ['win32', {}, join('/home/ada', 'AppData', 'Local', 'stowage', 'cache')],
  ['win32', { LOCALAPPDATA: '/local' }, join('/local', 'stowage', 'cache')],
  ['linux', { STOWAGE_CACHE_DIR: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
  ['linux', { STOWAGE_CACHE_DIR: '' }, join('/home/ada', '.cache', 'stowage')],
])('on %s with %j the cache is in %s', (platform, env, expected) => {
  expect(cacheFolder(env, platform, '/home/ada')).toBe(expected);
});
