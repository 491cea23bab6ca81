import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { linesOf } from '../../testing/base-image.js';
import { temporaryFolder } from '../../testing/temporary.js';
import { digestOf } from '../oci/digest.js';
import { readAll } from '../transfer/verified.js';
import { listContext } from './context/context.js';
import { makeLayer, type LayerOptions } from './layer.js';

async function layerOf(copy: LayerOptions['copy'], more: Partial<LayerOptions> = {}) {
  const context = await temporaryFolder();
  for (const path of ['f', 'd/a', 'd/s/b']) {
    await mkdir(dirname(join(context, path)), { recursive: true });
    await writeFile(join(context, path), path);
  }
  await chmod(join(context, 'd/a'), 0o755);
  await symlink('a', join(context, 'd/l'));
  const files = await listContext(context);
  const spoolFolder = await temporaryFolder();
  const layer = await makeLayer({ copy, files, context, mtime: 0, spoolFolder, ...more });
  onTestFinished(() => layer[Symbol.asyncDispose]());
  return layer;
}

describe('a layer of files', () => {
  it('has members sorted by path, and a digest of what it streams', async () => {
    const layer = await layerOf([
      { from: 'f', to: '/z' },
      { from: 'd', to: '/a' },
    ]);
    expect(await linesOf(layer.open())).toEqual([
      'a/ 755 0:0',
      'a/a 755 0:0',
      'a/l -> a',
      'a/s/ 755 0:0',
      'a/s/b 644 0:0',
      'z 644 0:0',
    ]);
    const bytes = await readAll(layer.open());
    expect(layer.descriptor).toMatchObject({ digest: digestOf(bytes), size: bytes.byteLength });
  });

  it('has the owner and the mode of its copy; a link has no mode', async () => {
    const layer = await layerOf([{ from: 'd', to: '/a', owner: '7', mode: '0640' }]);
    const lines = await linesOf(layer.open());
    expect(lines).toContain('a/a 640 7:7');
    expect(lines).toContain('a/l -> a');
    const grouped = await layerOf([{ from: 'f', to: '/f', owner: '7:8' }]);
    expect(await linesOf(grouped.open())).toEqual(['f 644 7:8']);
  });

  it.each([
    [
      'a file for two sources',
      [
        { from: 'f', to: '/x' },
        { from: 'd/a', to: '/x' },
      ],
      'CONFLICT',
    ],
    ['a path that is not absolute', [{ from: 'f', to: 'x' }], 'USAGE'],
    ['nothing to copy', [{ from: 'none', to: '/x' }], 'NOT_FOUND'],
    ['a name that deletes', [{ from: 'f', to: '/.wh.x' }], 'UNSUPPORTED'],
  ])('with %s is refused', async (_what, copy, code) => {
    await expect(layerOf(copy)).rejects.toMatchObject({ code });
  });

  it('is not made after an abort', async () => {
    const signal = AbortSignal.abort(new TypeError('stopped'));
    await expect(layerOf([{ from: 'f', to: '/f' }], { signal })).rejects.toThrow('stopped');
  });
});
