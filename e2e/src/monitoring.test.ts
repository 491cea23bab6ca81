import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from './distribution-server.js';
import { describeWith } from './peers.js';
import { PROGRAM, SCRIPT, must, temporaryFolder } from './run.js';
import { pushSmall, readSmall, startServe } from './served.js';

const DASHBOARD = join(import.meta.dirname, '../../docs/grafana-dashboard.json');

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

/** The queries of the dashboard, with the title of their panel. */
async function queries(): Promise<readonly { readonly title: string; readonly expr: string }[]> {
  const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as Dashboard;
  return panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
}

/** A registry that has limits, some content, and was maintained; with a function that uses it. */
async function busyRegistry() {
  const root = await temporaryFolder();
  const limits = ['--max-used', '1GB', '--max-used', 'team=100MB'];
  const { url, host } = await startServe(['--root', root, ...limits]);
  let tag = 0;
  const use = async (): Promise<void> => {
    tag++;
    await pushSmall(url, 'team/app', `${tag}`);
    await readSmall(url, 'team/app', `${tag}`);
  };
  await use();
  for (const verb of ['gc', 'scrub']) await must(PROGRAM, [...SCRIPT, verb, '--root', root]);
  return { url, host, use };
}

it('the dashboard asks for metrics that the registry has', async () => {
  const { url } = await busyRegistry();
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const names = new Set([...metrics.matchAll(/^([a-z_]+)(?:\{| )/gm)].map(([, name]) => name));
  const asked = (await queries()).flatMap(
    ({ expr }) => expr.match(/\b(?:stowage|process)_[a-z_]+/g) ?? [],
  );
  expect(asked.length).toBeGreaterThan(10);
  for (const name of asked) expect(names).toContain(name);
  expect(metrics).toContain('stowage_registry_pushes_total{repository="team/app"} 1');
  expect(metrics).toContain('stowage_registry_pulls_total{repository="team/app"} 1');
  expect(metrics).toMatch(/^stowage_registry_path_limit_bytes\{path="team"\} 104857600$/m);
  expect(metrics).toMatch(/^stowage_registry_last_scrub_timestamp_seconds 1[0-9.e+]+$/m);
});

describeWith(['prometheus'], 'Prometheus', () => {
  it('answers every query of the dashboard', { timeout: 180_000 }, async () => {
    const { host, use } = await busyRegistry();
    const ask = await startPrometheus(host);
    for (const { title, expr } of await queries()) {
      const query = expr.replaceAll('$__rate_interval', '1m');
      const answered = async (): Promise<number> => {
        await use();
        return ask(query);
      };
      await expect
        .poll(answered, { message: title, timeout: 60_000, interval: 500 })
        .toBeGreaterThan(0);
    }
  });
});

/** Starts Prometheus, which reads the metrics of a registry. @returns a function that runs a query and counts its results */
async function startPrometheus(target: string): Promise<(query: string) => Promise<number>> {
  const folder = await temporaryFolder();
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: stowage\n    static_configs: [{ targets: ['${target}'] }]\n`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  return async (query) => {
    const url = `http://${address}/api/v1/query?${new URLSearchParams({ query }).toString()}`;
    const answer = await fetch(url).catch(() => undefined);
    if (!answer) return 0;
    const { status, error, data } = (await answer.json()) as {
      status: string;
      error?: string;
      data?: { result: readonly unknown[] };
    };
    // A query that is none would never have a result.
    if (answer.status === 400) throw new Error(`${query}: ${status}: ${error ?? ''}`);
    return data?.result.length ?? 0;
  };
}
