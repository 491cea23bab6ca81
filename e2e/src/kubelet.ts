import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartedEngine } from './engines/start.js';
import { goTool } from './go-tools.js';
import { must, run } from './run.js';

/** An image as the interface for kubelets (CRI) describes it. */
export interface KubeletImage {
  /** Digest of the config. */
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly pinned: boolean;
}

/** What a container did. */
export interface ContainerResult {
  readonly exitCode: number;
  readonly log: string;
  /** The image as its pod's status shows it. */
  readonly imageRef: string;
}

/** A kubelet's view of containerd, with one pod on the machine's own network. */
export interface Kubelet {
  readonly images: () => Promise<readonly KubeletImage[]>;
  /** Looks an image up by any name; undefined when it is not there. */
  readonly image: (name: string) => Promise<KubeletImage | undefined>;
  /** Removes an image with all of its names. */
  readonly remove: (name: string) => Promise<void>;
  /** Removes the images that no container uses. */
  readonly removeUnused: () => Promise<void>;
  /** Runs an image to its end, as a container with `imagePullPolicy: Never`. */
  readonly run: (name: string) => Promise<ContainerResult>;
  /** Removes the pod and its containers. */
  readonly stop: () => Promise<void>;
}

/** Time that a container has to end (ms). */
const RUN_TIMEOUT_MS = 20_000;

/** Starts a pod through the interface for kubelets, from the sandbox image that containerd must have. */
export async function startKubelet({ host, folder }: StartedEngine): Promise<Kubelet> {
  const program = await goTool('crictl');
  const options = ['--config', join(folder, 'crictl.yaml')];
  for (const service of ['runtime', 'image'])
    options.push(`--${service}-endpoint`, `unix://${host}`);
  const crictl = async (...args: readonly string[]) =>
    (await must(program, [...options, ...args])).trim();
  const logs = join(folder, 'pods');
  await mkdir(logs);
  await writeFile(join(folder, 'crictl.yaml'), '');
  const file = async (name: string, document: object) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify(document));
    return path;
  };
  const NODE = 2;
  const podFile = await file('pod', {
    metadata: { name: 'pod', namespace: 'default', uid: 'pod' },
    log_directory: logs,
    linux: { security_context: { namespace_options: { network: NODE } } },
  });
  const pod = await crictl('runp', podFile);
  let count = 0;
  const image = async (name: string) => {
    const { code, stdout, stderr } = await run(program, [...options, 'inspecti', name]);
    if (code === 0) return (JSON.parse(stdout) as { status: KubeletImage }).status;
    if (/no such image/.test(stderr)) return undefined;
    throw new Error(`crictl inspecti ${name}: ${stderr}`);
  };
  const end = async (id: string) => {
    for (const deadline = Date.now() + RUN_TIMEOUT_MS; ; ) {
      const { status } = JSON.parse(await crictl('inspect', id)) as {
        status: { state: string; exitCode: number; imageRef: string };
      };
      if (status.state === 'CONTAINER_EXITED') return status;
      if (Date.now() > deadline) throw new Error(`container ${id} did not end`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    image,
    images: async () =>
      (JSON.parse(await crictl('images', '--output', 'json')) as { images: KubeletImage[] }).images,
    remove: async (name) => void (await crictl('rmi', name)),
    removeUnused: async () => void (await crictl('rmi', '--prune')),
    run: async (name) => {
      // A kubelet looks the name up, and names the image by its ID from there on.
      const found = await image(name);
      if (!found) throw new Error(`ErrImageNeverPull: ${name}`);
      const log = `${++count}.log`;
      const container = await file('container', {
        metadata: { name: `container-${count}` },
        image: { image: found.id, user_specified_image: name },
        log_path: log,
        linux: {},
      });
      const id = await crictl('create', pod, container, podFile);
      await crictl('start', id);
      const { exitCode, imageRef } = await end(id);
      const result = { exitCode, imageRef, log: await readFile(join(logs, log), 'utf8') };
      await crictl('rm', id);
      return result;
    },
    stop: async () => void (await crictl('rmp', '--all', '--force')),
  };
}
