import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, must } from './run.js';

export const DEBIAN = 'debian:12';

/** Imports a real Debian into an engine, from the mirror in this machine's apt settings. */
export async function importDebian(host: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-debian-'));
  try {
    const root = join(folder, 'root');
    await must('debootstrap', ['--variant=minbase', 'bookworm', root, await mirror()]);
    const pack = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const load = spawn('docker', ['import', '-', DEBIAN], {
      stdio: [pack.stdout, 'ignore', 'inherit'],
      env: { ...cleanEnvironment(), DOCKER_HOST: host },
    });
    const [[packed], [loaded]] = (await Promise.all([once(pack, 'exit'), once(load, 'exit')])) as [
      [number],
      [number],
    ];
    if (packed !== 0 || loaded !== 0)
      throw new Error(`tar exited with ${String(packed)}, docker import with ${String(loaded)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function mirror(): Promise<string> {
  const folder = '/etc/apt/sources.list.d';
  const more = await readdir(folder).catch(() => []);
  const files = ['/etc/apt/sources.list', ...more.map((file) => join(folder, file))];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const [, url] = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(https?:\S+)/m.exec(text) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('apt has no mirror');
}
