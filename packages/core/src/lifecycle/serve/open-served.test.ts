import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { servedRegistry } from '../../../testing/served-registry.js';
import { BASE, NAME, savePath, workspaceOf } from '../../../testing/workspace.js';
import { openServed } from './open-served.js';
import type { ServeOptions } from './serve-options.js';

async function start() {
  const { workspace, call, cwd } = await workspaceOf();
  const open = async (options: Partial<ServeOptions> = {}, inputs: readonly string[] = []) => {
    const served = await openServed(workspace, inputs, { ...call, ...options });
    onTestFinished(async () => {
      await served.reader[Symbol.asyncDispose]();
      await served.engine?.[Symbol.asyncDispose]();
    });
    return served;
  };
  return { workspace, call, cwd, open };
}

describe('a folder of its own', () => {
  it('is written, checked and measured', async () => {
    const { open } = await start();
    const { storage, check, facts } = await open({ maxUsed: '1GB' });
    expect(storage).toBeDefined();
    await check?.();
    expect(await facts?.()).toMatchObject({ limitBytes: 2 ** 30, uploads: 0 });
  });

  it('is only read with `readOnly`', async () => {
    const { open } = await start();
    const { storage, check, facts } = await open({ readOnly: true });
    expect([storage, check]).toEqual([undefined, undefined]);
    expect(facts).toBeDefined();
  });

  it('fails its check when it is full', async () => {
    const { open } = await start();
    const { check } = await open({ maxUsed: '1' });
    await expect(check?.()).rejects.toMatchObject({ code: 'NO_SPACE' });
  });

  it('is not that of an OCI layout', async () => {
    const { open, cwd } = await start();
    await mkdir(join(cwd, 'layout'));
    await writeFile(join(cwd, 'layout/oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(cwd, 'layout/index.json'), '{"schemaVersion":2,"manifests":[]}');
    await expect(open({ root: 'layout' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each(['x', 'team=x', 'Team=1GB', '=1GB'])('has no limit like %j', async (maxUsed) => {
    const { open } = await start();
    await expect(open({ maxUsed })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('can have limits of its own for the repositories below a path', async () => {
    const { open } = await start();
    const { facts } = await open({ maxUsed: ['2GB', 'team=1GB'] });
    expect(await facts?.()).toMatchObject({
      limitBytes: 2 ** 31,
      paths: [{ path: 'team', limitBytes: 2 ** 30 }],
    });
  });
});

describe('upstreams', () => {
  it('complete the folder, those with a name below it', async () => {
    const served = await servedRegistry();
    await served.pushImage('team/app', '1', 'layer');
    const { open } = await start();
    const upstream = [`http://${served.host}`, `other=http://${served.host}`];
    const { reader, namespaces } = await open({ upstream });
    expect([...(namespaces ?? [])]).toEqual(['other']);
    for (const name of ['team/app', 'other/team/app'])
      expect(await reader.manifest(name, '1')).toBeDefined();
  });

  it.each(['ftp://example.org', 'x=', 'not a host'])('are addresses, not %j', async (upstream) => {
    const { open } = await start();
    await expect(open({ upstream })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('inputs', () => {
  it('are served as they are, without storage', async () => {
    const { workspace, call, open } = await start();
    await savePath(workspace, BASE, call);
    const { reader, storage, check } = await open({}, [NAME]);
    expect(await reader.repositories()).toEqual([NAME]);
    expect([storage, check]).toEqual([undefined, undefined]);
  });

  it('that are not there are NOT_FOUND', async () => {
    const { open } = await start();
    await expect(open({}, ['./absent.tar'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each<Partial<ServeOptions>>([
    { root: 'registry' },
    { upstream: 'https://example.org' },
    { maxUsed: '1GB' },
  ])('do not go with %j', async (options) => {
    const { open } = await start();
    await expect(open(options, ['./absent.tar'])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`${Object.keys(options)[0]}`) as string,
    });
  });
});
