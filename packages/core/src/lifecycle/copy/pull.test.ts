import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../testing/pushing.js';
import { servedRegistry, type Before } from '../../../testing/served-registry.js';
import { workspaceOf } from '../../../testing/workspace.js';
import { attach } from '../artifacts/attach.js';
import { inspect } from '../inspect/inspect.js';
import { pull as pullImages, type PullOptions } from './pull.js';

const stdout = () => Promise.reject(new Error('to a file'));

/** A registry with `team/app:1` and `team/db:1`. */
async function start(before?: Before) {
  let isDown = false;
  const served = await servedRegistry((request, response) => {
    if (isDown) response.destroy();
    return isDown || (before?.(request, response) ?? false);
  });
  const { workspace, call, cwd, events } = await workspaceOf();
  for (const name of ['app', 'db']) await served.pushImage(`team/${name}`, '1', `layer of ${name}`);
  const reference = (name: string) => `${served.host}/team/${name}:1`;
  const pullThem = (names: readonly string[], options: Partial<PullOptions> = {}) =>
    pullImages(workspace, names.map(reference), { ...call, stdout, ...options });
  const blobs = () => served.requests.splice(0).filter((each) => /^GET .*\/blobs\//.test(each));
  const stop = () => void (isDown = true);
  return { ...served, workspace, call, cwd, events, reference, pull: pullThem, blobs, stop };
}

describe('a pull', () => {
  it('into the cache fetches content once, and by digest needs the registry no more', async () => {
    const { pull, blobs, reference, host, workspace, call, stop } = await start();
    const [pulled] = await pull(['app']);
    expect(pulled).toMatchObject({ input: reference('app'), tag: '1', output: null });
    expect(pulled?.reference).toBe(`${host}/team/app@${pulled?.digest}`);
    expect(pulled?.bytesReceived).toBe(pulled?.bytes);
    expect(blobs()).toHaveLength(2);
    expect(await pull(['app'])).toMatchObject([{ bytesReceived: 0 }]);
    expect(blobs()).toEqual([]);
    stop();
    const again = await pullImages(workspace, [pulled?.reference ?? ''], { ...call, stdout });
    expect(again).toMatchObject([{ digest: pulled?.digest, tag: null, bytesReceived: 0 }]);
  });

  it('into an archive writes all images under their names', async () => {
    const { pull, workspace, call, host } = await start();
    const results = await pull(['app', 'db'], { output: 'all.tar' });
    expect(results.map(({ output }) => output)).toEqual(['all.tar', 'all.tar']);
    const { images } = await inspect(workspace, './all.tar', call);
    const names = images.flatMap((image) => image.names.map(({ reference }) => reference));
    expect([...new Set(names)].sort()).toEqual([`${host}/team/app:1`, `${host}/team/db:1`]);
    expect(images.map(({ digest }) => digest).sort()).toEqual(
      results.map(({ digest }) => digest).sort(),
    );
  });

  it('writes all images or none', async () => {
    const { pull, cwd, blobs } = await start();
    blobs();
    await expect(pull(['app', 'absent'], { output: 'all.tar' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await readdir(cwd)).not.toContain('all.tar');
    expect(blobs().filter((each) => each.includes(sha256('layer of app')))).toEqual([]);
  });

  it('writes those that were found where the caller takes failures', async () => {
    const { pull, workspace, call } = await start();
    const failures: string[] = [];
    const onFailure = ({ code }: { readonly code: string }) => void failures.push(code);
    const options = { output: 'all.tar', onFailure };
    expect(await pull(['app', 'absent'], options)).toHaveLength(1);
    expect(failures).toEqual(['NOT_FOUND']);
    expect((await inspect(workspace, './all.tar', call)).images).toHaveLength(1);
  });

  it('fetches no layer in a dry run', async () => {
    const { pull, blobs, cwd } = await start();
    const [planned] = await pull(['app'], { output: 'all.tar', dryRun: true });
    expect(planned?.bytes).toBeGreaterThan(0);
    expect(blobs().filter((each) => each.includes(sha256('layer of app')))).toEqual([]);
    expect(await readdir(cwd)).not.toContain('all.tar');
  });

  it('lists what it wrote in a manifest beside the archive', async () => {
    const { pull, cwd } = await start();
    await pull(['app'], { output: 'all.tar', manifest: true });
    expect(await readdir(cwd)).toContain('all.tar.manifest.json');
    await expect(pull(['app'], { manifest: true })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('without a cache needs an output', async () => {
    const { pull, blobs } = await start();
    await expect(pull(['app'], { cache: false })).rejects.toMatchObject({ code: 'USAGE' });
    expect(blobs()).toEqual([]);
  });

  it('of content that is damaged on its way is CORRUPT, and no archive is written', async () => {
    const { pull, cwd } = await start(({ method, url = '' }, response) => {
      const isLayer = method === 'GET' && url.endsWith(sha256('layer of app'));
      if (isLayer) response.end('layer of xyz');
      return isLayer;
    });
    const options = { output: 'all.tar', registry: { retries: 0 } };
    await expect(pull(['app'], options)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await readdir(cwd)).not.toContain('all.tar');
  });
});

describe('signatures and SBOMs', () => {
  async function attached() {
    const started = await start();
    const { workspace, call, reference, cwd } = started;
    await writeFile(join(cwd, 'sbom.json'), '{}');
    await attach(workspace, reference('app'), ['sbom.json'], { ...call, artifactType: 'text/x' });
    const imagesIn = async (path: string) =>
      (await inspect(workspace, path, call)).images.map(({ artifactType }) => artifactType);
    return { ...started, imagesIn };
  }

  it.each([
    [undefined, [undefined, 'text/x']],
    [false, [undefined]],
  ])('come with an image unless they are left out: %s', async (referrers, expected) => {
    const { pull, imagesIn } = await attached();
    await pull(['app'], { output: 'all.tar', referrers });
    expect(await imagesIn('./all.tar')).toEqual(expected);
  });
});
