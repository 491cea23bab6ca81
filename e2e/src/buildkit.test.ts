import {
  build as buildImage,
  detectEngine,
  openWorkspace,
  readDefinition,
  type BuildOptions,
  type LifecycleEvent,
} from '@stowage/core';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import { must, temporaryFolder } from './run.js';

const HEAD = 'project: app\nos: debian-12\nvariant: kit\nnetwork: none\ndockerfile: Dockerfile\n';
const BASE = 'FROM scratch AS tools\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n';

describeEngines(
  (engine) => {
    it('runs here-documents and mounts, and leaves unused stages out', async () => {
      const dockerfile = `
FROM scratch AS unused
COPY missing /
${BASE}
ARG TARGETARCH
RUN --mount=type=cache,target=/cache --mount=type=bind,source=Dockerfile,target=/mnt/file <<EOF
set -e
busybox echo "$TARGETARCH" > /cache/arch
busybox test -s /mnt/file
busybox cp /cache/arch /arch
EOF
COPY --chmod=0700 --link <<NOTE /note
kept
NOTE
`;
      const { call, workspace, found, events } = await prepare(engine, dockerfile);
      const { reference, imageId } = await buildImage(workspace, found, call);
      await using opened = await open(engine);
      expect((await opened.inspect(reference))?.id).toBe(imageId);
      expect(events).toContainEqual(expect.stringMatching(/^step tools 4\/4: COPY/));
      expect(await read(engine, reference, '/arch /note')).toBe('amd64\nkept\n');
      await opened.remove(reference);
    });

    it('names the step that fails, its last lines, and how to look into it', async () => {
      const text = `${BASE}RUN busybox echo before; busybox echo why >&2; exit 3\n`;
      const { call, workspace, found } = await prepare(engine, text);
      await expect(buildImage(workspace, found, call)).rejects.toMatchObject({
        code: 'INVALID',
        message: expect.stringMatching(/step 3\/3 \(RUN busybox .*exit code: 3\n.*why/s) as string,
        hint: expect.stringContaining('open a shell: docker -H unix://') as string,
      });
    });

    it('names the image that a Dockerfile is written in and that cannot be had', async () => {
      const text = `# syntax=127.0.0.1:1/frontend:1\n${BASE}`;
      const { call, workspace, found } = await prepare(engine, text);
      await expect(buildImage(workspace, found, call)).rejects.toMatchObject({
        code: 'INVALID',
        hint: expect.stringMatching(/written in 127\.0\.0\.1:1\/frontend:1 .*Load it/) as string,
      });
    });
  },
  { among: ['docker-28-classic', 'docker-28-containerd', 'docker-29'] },
);

describe('without BuildKit', () => {
  describeEngines(
    (engine) => {
      it('a Dockerfile that needs it is refused, and nothing is built', async () => {
        const text = `${BASE}RUN <<EOF\nexit 1\nEOF\n`;
        const { call, workspace, found } = await prepare(engine, text, { DOCKER_BUILDKIT: '0' });
        await expect(buildImage(workspace, found, call)).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          message: expect.stringContaining(
            'Dockerfile: line 4: RUN with a here-document',
          ) as string,
        });
      });
    },
    { among: ['docker-20.10', 'docker-29', 'podman-4.3'] },
  );
});

/** A workspace with one definition, and the options to build it. */
async function prepare(
  { started }: EngineUnderTest,
  dockerfile: string,
  env: Readonly<Record<string, string>> = {},
) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'image.yaml'), HEAD);
  await writeFile(join(cwd, 'Dockerfile'), dockerfile);
  await copyFile('/bin/busybox', join(cwd, 'busybox'));
  const { kind, host } = started();
  const events: string[] = [];
  const onEvent = (event: LifecycleEvent) => {
    if (event.type === 'step') events.push(`${event.subject}: ${event.text}`);
  };
  const call = { cwd, engine: kind, host, onEvent } satisfies Partial<BuildOptions>;
  const workspace = await openWorkspace(cwd, { surroundings: { env: { ...process.env, ...env } } });
  return { call, workspace, events, found: await readDefinition(workspace, '.', call) };
}

function open({ started }: EngineUnderTest) {
  const { kind, host } = started();
  return detectEngine({ engine: kind, host, storeFolder: '' });
}

/** The content of files of an image. */
async function read({ started }: EngineUnderTest, reference: string, paths: string) {
  const { env } = started();
  const command = ['run', '--rm', '--network=none', reference, '/bin/busybox', 'cat'];
  return must('docker', [...command, ...paths.split(' ')], { env });
}
