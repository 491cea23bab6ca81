import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { join } from 'node:path';
import {
  ArchiveWriter,
  copy,
  detectEngine,
  writeAtomically,
  type EngineListing,
  type LoadResult,
} from '@stowage/core';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { engineContract } from '../../packages/core/testing/contracts/engine.js';
import { dockerArchive } from '../../packages/core/testing/haul.js';
import { storeWith } from '../../packages/core/testing/image.js';
import { startEngine, type StartedEngine } from './engines/start.js';
import { describeWith, DOCKER } from './peers.js';
import { json, must, run, temporaryFolder } from './run.js';

const root = { root: true };
const NAMESPACE = 'stowage';
const NAME = 'example.com/stowage-thin/image';

describeWith(
  DOCKER,
  'a real Docker Engine',
  () => {
    engineContract('docker', () =>
      detectEngine({ engine: 'docker', host: inject('dockerHost'), storeFolder: '' }),
    );
    thinLoad(() => ['--engine', 'docker', '--host', inject('dockerHost')]);

    it('is sent the complete image when it refuses a partial one', async () => {
      const { base, more, sizes } = await archives();
      const host = await refusingProxy(inject('dockerHost'));
      const load = (path: string) => loadImage(path, ['--engine', 'docker', '--host', host]);
      expect(await load(base)).toMatchObject([{ action: 'loaded' }]);
      const [result] = await load(more);
      expect(result).toMatchObject({ action: 'loaded', bytesSent: sizes.top + sizes.all });
      const env = { DOCKER_HOST: inject('dockerHost') };
      await must('docker', ['image', 'rm', `${NAME}:base`, `${NAME}:more`], { env });
    });

    it('loads an image that states no platform, as docker load does', async () => {
      const env = { DOCKER_HOST: inject('dockerHost') };
      const path = join(await temporaryFolder(), 'data.tar');
      await dockerArchive(path, [{ os: '', architecture: '' }]);
      await must('docker', ['load', '--input', path], { env });
      // Not the ID: with containerd's image store it is that of a manifest that docker makes itself.
      const inspect = ['image', 'inspect', '--format', '{{.Os}}/{{.Architecture}} {{.RootFS}}'];
      const own = await must('docker', [...inspect, 'data:0'], { env });
      await must('docker', ['image', 'rm', 'data:0'], { env });
      const loaded = await loadImage(path, ['--engine', 'docker', '--host', env.DOCKER_HOST]);
      expect(loaded).toMatchObject([{ action: 'loaded' }]);
      expect(await must('docker', [...inspect, 'data:0'], { env })).toBe(own);
      await must('docker', ['image', 'rm', 'data:0'], { env });
    });

    it('is reached over TLS with a client certificate', async () => {
      const { port, certificates } = await tlsProxy(inject('dockerHost'));
      const env = { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1' };
      const ls = (more: Readonly<Record<string, string>>) =>
        json(['ls', '--engine', 'docker'], { env: { ...env, ...more } });
      expect(await ls({ DOCKER_CERT_PATH: certificates })).toMatchObject({ images: [] });
      expect(await ls({ DOCKER_CONFIG: '/none' })).toMatchObject({
        error: { code: 'UNAVAILABLE' },
      });
    });

    it('is found by the current docker context', async () => {
      const folder = await temporaryFolder();
      const host = inject('dockerHost');
      const env = { DOCKER_CONFIG: folder };
      await must('docker', ['context', 'create', 'mine', '--docker', `host=${host}`], { env });
      const ls = (more: Readonly<Record<string, string>>) =>
        json<EngineListing>(['ls', '--engine', 'docker'], { env: { ...env, ...more } });
      expect(await ls({ DOCKER_CONTEXT: 'mine' })).toMatchObject({
        engine: `docker-daemon:${host}`,
      });
      await must('docker', ['context', 'use', 'mine'], { env });
      expect(await ls({})).toMatchObject({ engine: `docker-daemon:${host}` });
      expect(await ls({ DOCKER_CONTEXT: 'other' })).toMatchObject({ error: { code: 'NOT_FOUND' } });
    });
  },
  root,
);

describeWith(
  [...DOCKER, 'ctr'],
  'a real containerd',
  () => {
    const flags = () => [
      '--engine',
      'containerd',
      '--host',
      inject('containerd'),
      '--namespace',
      NAMESPACE,
    ];
    engineContract('containerd', () =>
      detectEngine({
        engine: 'containerd',
        host: inject('containerd'),
        namespace: NAMESPACE,
        storeFolder: '',
      }),
    );
    thinLoad(flags);
    it('has each image by tag and by digest, as a kubelet uses both', async () => {
      const { base } = await archives();
      const [result] = await loadImage(base, flags());
      const ctr = ['--address', inject('containerd'), '--namespace', NAMESPACE, 'images'];
      const names = (await must('ctr', [...ctr, 'list', '--quiet'])).trim().split('\n');
      expect(names.sort()).toEqual([`${NAME}:base`, `${NAME}@${result?.digest}`]);
      await must('ctr', [...ctr, 'remove', ...names]);
    });
  },
  root,
);

describeWith(
  [...DOCKER, 'docker', 'ctr'],
  'a node of a cluster',
  () => {
    it.each([
      ['kind', ['io.x-k8s.kind.cluster=stowage-test'], undefined],
      ['k3d', ['k3d.cluster=stowage-test', 'k3d.role=server'], 'k3d.role=loadbalancer'],
    ])(
      'of %s is loaded through docker exec, and skipped when it has the image',
      async (kind, labels, beside) => {
        const env = { DOCKER_HOST: inject('dockerHost') };
        const node = await startNode(env, labels);
        // Other containers of a cluster, which cannot take images.
        if (beside)
          await startContainer(
            env,
            'stowage-beside',
            [...labels.slice(0, 1), beside],
            ['/bin/sleep', '600'],
          );
        const { base } = await archives();
        const flags = ['--engine', kind, '--host', 'stowage-test'];
        const load = async () =>
          (await json<{ results: LoadResult[] }>(['load', base, ...flags], { env })).results;
        const [loaded] = await load();
        expect(loaded).toMatchObject({ action: 'loaded', engine: 'containerd' });
        expect(await load()).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
        const ctr = ['exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'list', '--quiet'];
        const names = async () => (await must('docker', ctr, { env })).split('\n');
        // The interface for kubelets (CRI) adds the name of an image that it has taken over.
        const byConfig = expect.stringMatching(/^sha256:/) as string;
        await expect
          .poll(names)
          .toEqual(expect.arrayContaining([`${NAME}:base`, `${NAME}@${loaded?.digest}`, byConfig]));
        const none = await json(['ls', '--engine', kind, '--host', 'no-such'], { env });
        expect(none).toMatchObject({ error: { code: 'NOT_FOUND' } });
      },
    );
  },
  root,
);

describeWith(
  ['podman', 'crun'],
  'a real podman',
  () => {
    let podman: StartedEngine;
    beforeAll(async () => {
      podman = await startEngine('podman-4.3');
    });
    afterAll(() => podman.stop());
    engineContract('podman', () =>
      detectEngine({ engine: 'podman', host: podman.host, storeFolder: '' }),
    );
    thinLoad(() => ['--engine', 'podman', '--host', podman.host]);
  },
  root,
);

/** If the engine has the base, only the top layer and the JSON documents are sent; if it has the image, nothing. */
function thinLoad(flags: () => readonly string[]): void {
  describe('a load', () => {
    it('sends only the missing layers', async () => {
      const { base, more, sizes } = await archives();
      expect(await loadImage(base, flags())).toMatchObject([{ action: 'loaded' }]);
      expect(await loadImage(more, flags())).toMatchObject([
        { action: 'loaded', bytesSent: sizes.top },
      ]);
      expect(await loadImage(more, flags())).toMatchObject([{ action: 'skipped', bytesSent: 0 }]);
      expect(await loadImage(more, [...flags(), '--as', `${NAME}:other`])).toMatchObject([
        { action: 'retagged', bytesSent: 0 },
      ]);
      const engine = await detectEngine({ ...choice(flags()), storeFolder: '' });
      for (const tag of ['base', 'more', 'other']) await engine.remove(`${NAME}:${tag}`);
      await engine[Symbol.asyncDispose]();
    });

    it('unpacks zstd for an engine that cannot', async () => {
      const { base } = await archives();
      const packed = base.replace('base.tar', 'packed.tar');
      await json(['convert', base, packed, '--compress', 'zstd']);
      const [result] = await loadImage(packed, [...flags(), '--as', `${NAME}:zstd`]);
      expect(result).toMatchObject({ action: 'loaded', reference: `${NAME}:zstd` });
      await using engine = await detectEngine({ ...choice(flags()), storeFolder: '' });
      await engine.remove(`${NAME}:zstd`);
    });
  });
}

function choice(flags: readonly string[]) {
  const value = (flag: string) => flags[flags.indexOf(flag) + 1];
  const engine = value('--engine') as 'docker' | 'podman' | 'containerd';
  const namespace = flags.includes('--namespace') ? value('--namespace') : undefined;
  return { engine, host: value('--host'), namespace };
}

async function loadImage(path: string, flags: readonly string[]): Promise<LoadResult[]> {
  return (await json<{ results: LoadResult[] }>(['load', path, ...flags])).results;
}

/** Two archives; the second has one layer more than the first. */
async function archives() {
  const folder = await temporaryFolder();
  const write = async (tag: string, layers: number) => {
    const path = join(folder, `${tag}.tar`);
    const content = await storeWith(`${NAME}:${tag}`, { layers, seed: 'thin', bytes: 200_000 });
    await using sink = new ArchiveWriter(path, (archive) => writeAtomically(path, archive));
    await copy(content, undefined, sink);
    await sink.commit();
    return {
      path,
      blobs: new Map([...content.blobs].map(([digest, { byteLength }]) => [digest, byteLength])),
    };
  };
  const [base, more] = [await write('base', 2), await write('more', 3)];
  const all = [...more.blobs.values()].reduce((sum, size) => sum + size, 0);
  const shared = [...more.blobs].filter(([digest]) => base.blobs.has(digest));
  const top = all - shared.reduce((sum, [, size]) => sum + size, 0);
  return { base: base.path, more: more.path, sizes: { top, all } };
}

/** A TLS proxy in front of an engine that requires client certificates. @returns its port, and a folder as for DOCKER_CERT_PATH */
async function tlsProxy(host: string): Promise<{ port: number; certificates: string }> {
  const folder = await temporaryFolder();
  const file = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => must('openssl', args, { cwd: folder });
  const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
  for (const [cert, key] of [
    ['ca.pem', 'server-key.pem'],
    ['cert.pem', 'key.pem'],
  ] as const)
    await openssl(...make, '-keyout', key, '-out', cert);
  const [cert, key, ca] = await Promise.all(
    [file('ca.pem'), file('server-key.pem'), file('cert.pem')].map((path) => readFile(path)),
  );
  const server = createTlsServer(
    { cert, key, ca, requestCert: true, rejectUnauthorized: true },
    (client) => {
      const engine = connect(host.replace('unix://', ''));
      client.pipe(engine).pipe(client);
      for (const socket of [client, engine]) socket.on('error', () => socket.destroy());
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.address() as AddressInfo).port, certificates: folder };
}

/** A socket in front of an engine's that refuses the second archive, as an engine that has lost layers does. */
async function refusingProxy(host: string): Promise<string> {
  const path = join(await temporaryFolder(), 'proxy.sock');
  const socketPath = host.replace('unix://', '');
  let loads = 0;
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    if (url.includes('/images/load') && ++loads === 2) {
      incoming.resume();
      const error = 'open /var/lib/layer.tar: no such file or directory';
      incoming.on('end', () => outgoing.end(`${JSON.stringify({ errorDetail: {}, error })}\n`));
      return;
    }
    const onward = request({ socketPath, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `unix://${path}`;
}

type DockerEnvironment = Readonly<Record<'DOCKER_HOST', string>>;

/** Starts a container that runs containerd, with the labels of a cluster node. */
async function startNode(env: DockerEnvironment, labels: readonly string[]): Promise<string> {
  const node = await startContainer(env, 'stowage-node', labels, ['/usr/bin/containerd']);
  for (
    let tries = 0;
    (await run('docker', ['exec', node, 'ctr', 'version'], { env })).code !== 0;
    tries++
  ) {
    if (tries === 100) throw new Error('containerd did not start in its container');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return node;
}

/** Starts a container with this machine's own programs; it stops when the test ends. */
async function startContainer(
  env: DockerEnvironment,
  name: string,
  labels: readonly string[],
  command: readonly string[],
): Promise<string> {
  const folder = await temporaryFolder();
  const image = `${name}:1`;
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  await must('docker', ['build', '--tag', image, folder], {
    env: { ...env, DOCKER_BUILDKIT: '0' },
  });
  const own = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc'].flatMap((path) => [
    '--volume',
    `${path}:${path}:ro`,
  ]);
  const places = ['--tmpfs', '/run', '--tmpfs', '/tmp', '--tmpfs', '/var/lib/containerd'];
  const rights = ['--cap-add=SYS_ADMIN', '--security-opt=seccomp=unconfined', '--network=none'];
  const marks = labels.flatMap((label) => ['--label', label]);
  await must(
    'docker',
    ['run', '--detach', '--name', name, ...rights, ...marks, ...own, ...places, image, ...command],
    { env },
  );
  onTestFinished(async () => {
    await must('docker', ['rm', '--force', name], { env });
    await must('docker', ['image', 'rm', image], { env });
  });
  return name;
}
