import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopiedImage, Inspection, PullResult } from '@stowage/core';
import { expect, it } from 'vitest';
import { put } from './fixture.js';
import { goTool } from './go-tools.js';
import { describeWith } from './peers.js';
import { json, must, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

/** Packages a chart and pushes it to a registry of ours with helm. */
async function pushChart() {
  const cwd = await temporaryFolder();
  const helm = await goTool('helm');
  const env = { HOME: cwd, STOWAGE_CACHE_DIR: join(cwd, 'cache') };
  const options = { cwd, env };
  await put(cwd, 'app/Chart.yaml', 'apiVersion: v2\nname: app\nversion: 1.2.3\n');
  await put(cwd, 'app/templates/map.yaml', 'kind: ConfigMap\napiVersion: v1\n');
  await put(cwd, 'stowage.yaml', '');
  await must(helm, ['package', 'app'], options);
  const root = join(await temporaryFolder(), 'registry');
  const served = await startServe(['--root', root]);
  await must(
    helm,
    ['push', 'app-1.2.3.tgz', `oci://${served.host}/charts`, '--plain-http'],
    options,
  );
  /** The bytes of the chart as helm pulls it from a repository. */
  const pulled = async (repository: string): Promise<Buffer> => {
    const folder = await temporaryFolder();
    const from = `oci://${served.host}/${repository}`;
    const args = ['pull', from, '--version', '1.2.3', '--plain-http', '--destination', folder];
    await must(helm, args, options);
    return readFile(join(folder, 'app-1.2.3.tgz'));
  };
  const chart = await readFile(join(cwd, 'app-1.2.3.tgz'));
  return { options, helm, root, ...served, pulled, chart, name: `${served.host}/charts/app:1.2.3` };
}

describeWith(['go'], 'a chart of Helm', () => {
  it('is pushed, shown, listed and pulled again with the same bytes', async () => {
    const { options, helm, host, pulled, chart, name } = await pushChart();
    const show = [
      'show',
      'chart',
      `oci://${host}/charts/app`,
      '--version',
      '1.2.3',
      '--plain-http',
    ];
    expect(await must(helm, show, options)).toContain('name: app\n');
    expect(await pulled('charts/app')).toEqual(chart);
    expect(await stowage(['tags', `${host}/charts/app`], options)).toMatchObject({
      stdout: '1.2.3\n',
    });
    expect(await stowage(['ls', host], options)).toMatchObject({ stdout: 'charts/app\n' });
    expect(await stowage(['tree', name], options)).toMatchObject({ code: 0 });
    const type = 'application/vnd.cncf.helm.config.v1+json';
    const { images } = await json<Inspection>(['inspect', `docker://${name}`], options);
    expect(images).toMatchObject([{ artifactType: type, platforms: [] }]);
    const { stdout } = await stowage(['inspect', `docker://${name}`], options);
    expect(stdout).toContain(`artifact   ${type}\n`);
  });

  it('is copied, pulled, pushed and synced with its digest, and helm pulls each copy', async () => {
    const { options, host, pulled, chart, name } = await pushChart();
    const digest = (await stowage(['digest', name], options)).stdout.trim();
    const copy = async (from: string, to: string) =>
      (await json<{ results: CopiedImage[] }>(['copy', from, to], options)).results;
    expect(await copy(name, 'chart.tar')).toMatchObject([{ digest }]);
    expect(await copy('chart.tar', `docker://${host}/copied/app:1.2.3`)).toMatchObject([
      { digest },
    ]);
    const pull = ['pull', name, '--output', 'pulled.tar'];
    const { results } = await json<{ results: PullResult[] }>(pull, options);
    expect(results).toMatchObject([{ digest }]);
    for (const archive of ['chart.tar', 'pulled.tar'])
      expect(await stowage(['verify', archive], options)).toMatchObject({ code: 0 });
    expect(await stowage(['push', 'pulled.tar', '--to', `${host}/pushed`], options)).toMatchObject({
      code: 0,
    });
    expect(await stowage(['sync', `${host}/charts`, `${host}/synced`], options)).toMatchObject({
      code: 0,
    });
    for (const repository of ['copied/app', 'pushed/charts/app', 'synced/app'])
      expect(await pulled(repository)).toEqual(chart);
  });

  it('is no image: an engine does not get it, and the message says what it is', async () => {
    const { options, name } = await pushChart();
    await json(['copy', name, 'chart.tar'], options);
    for (const input of ['chart.tar', `docker://${name}`]) {
      const { code, stderr } = await stowage(['load', input, '--engine', 'embedded'], options);
      expect(code).toBe(4);
      expect(stderr).toContain(`${input}: it is a Helm chart, not an image`);
    }
  });

  it('is on the pages of the registry, and is kept by gc and scrub', async () => {
    const { options, url, root, pulled, chart, name } = await pushChart();
    const digest = (await stowage(['digest', name], options)).stdout.trim();
    const pages = { '': 'charts/app', '-/charts/app': '1.2.3', '-/-space': 'charts/app' };
    const image = { [`-/charts/app@${digest}`]: 'application/vnd.cncf.helm.config.v1+json' };
    for (const [path, shown] of Object.entries({ ...pages, ...image })) {
      const answer = await fetch(`${url}/${path}`, { headers: { accept: 'text/html' } });
      expect(answer.status, path).toBe(200);
      expect(await answer.text(), path).toContain(shown);
    }
    const gc = ['gc', '--root', root, '--grace', '0s'];
    expect(await stowage(gc, options)).toMatchObject({ code: 0 });
    expect(await stowage(['scrub', '--root', root], options)).toMatchObject({ code: 0 });
    expect(await pulled('charts/app')).toEqual(chart);
  });
});
