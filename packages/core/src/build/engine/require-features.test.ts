import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/temporary.js';
import { parseDefinition } from '../../definition/definition.js';
import type { Builder } from '../../engine/engine.js';
import { listContext } from '../context/context.js';
import { requireFeatures } from './require-features.js';

const DOCUMENT = 'FROM a\nRUN <<EOF\necho\nEOF\n';
const MOUNT = 'FROM a\nRUN --mount=type=cache,target=/c ls\n';

async function required(dockerfile: string, builder: Builder, more = ''): Promise<void> {
  const context = await temporaryFolder();
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  const text = 'project: app\nos: debian-12\nvariant: x\ndockerfile: ./Dockerfile\n';
  const definition = parseDefinition({ text: text + more, path: 'image.yaml' });
  const files = await listContext(context, ['.'], { dockerfile: 'Dockerfile' });
  await requireFeatures(definition, files, { location: 'engine:test', builder });
}

it.each<[string, Builder, string, RegExp]>([
  [DOCUMENT, { kind: 'classic' }, 'RUN with a here-document needs BuildKit', /DOCKER_BUILDKIT=1/],
  [MOUNT, { kind: 'classic' }, 'RUN --mount needs BuildKit', /DOCKER_BUILDKIT=1/],
  [
    DOCUMENT,
    { kind: 'buildah', version: '1.28.2' },
    'RUN with a here-document needs buildah 1.33 or newer',
    /podman 4\.8/,
  ],
])('%j is refused for %j', async (dockerfile, builder, what, hint) => {
  await expect(required(dockerfile, builder)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: `app-debian-12-x: ./Dockerfile: line 2: ${what}, which engine:test does not build with`,
    hint: expect.stringMatching(hint) as string,
  });
});

it.each<[string, Builder]>([
  [DOCUMENT, { kind: 'buildkit' }],
  [DOCUMENT, { kind: 'buildah', version: '1.33.0' }],
  [DOCUMENT, { kind: 'buildah', version: '2.0.0' }],
  [MOUNT, { kind: 'buildah', version: '1.28.2' }],
  ['FROM a\nRUN ls\n', { kind: 'classic' }],
])('%j is left to %j', async (dockerfile, builder) => {
  await expect(required(dockerfile, builder)).resolves.toBeUndefined();
});

it.each(['secrets: [{ id: a, env: A }]\n', 'ssh: [default]\n'])(
  '%j needs BuildKit',
  async (more) => {
    for (const kind of ['classic', 'buildah'] as const)
      await expect(required('FROM a\n', { kind }, more)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/^app-debian-12-x: (secrets|ssh): needs BuildKit/) as string,
      });
    await expect(required('FROM a\n', { kind: 'buildkit' }, more)).resolves.toBeUndefined();
  },
);

it.each(['shm_size: 64m\n', 'ulimits: { nofile: 64 }\n'])(
  '%j needs the BuildKit of Docker 23',
  async (more) => {
    const before = { kind: 'buildkit', version: '1.41' } as const;
    await expect(required('FROM a\n', before, more)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /^app-debian-12-x: (shm_size|ulimits): .*engine:test .*needs Docker 23 or newer$/,
      ) as string,
      hint: expect.stringContaining('DOCKER_BUILDKIT=0') as string,
    });
    const others = [
      { kind: 'buildkit', version: '1.42' },
      { kind: 'classic', version: '1.41' },
      { kind: 'buildah', version: '1.28.2' },
    ] as const;
    for (const builder of others)
      await expect(required('FROM a\n', builder, more)).resolves.toBeUndefined();
  },
);

it('further contexts need the BuildKit of Docker 23, or podman 5.6', async () => {
  const more = 'build_contexts: { a: b }\n';
  const others = [
    { kind: 'classic', version: '1.52' },
    { kind: 'buildah', version: '1.40.1' },
    { kind: 'buildah' },
    { kind: 'buildkit', version: '1.41' },
  ] as const;
  for (const builder of others)
    await expect(required('FROM a\n', builder, more)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /build_contexts: engine:test does not take them: .* Docker 23 or newer, or podman 5\.6/,
      ) as string,
    });
  const buildKit = { kind: 'buildkit', version: '1.42' } as const;
  const podman = { kind: 'buildah', version: '1.41.0' } as const;
  for (const builder of [buildKit, podman])
    await expect(required('FROM a\n', builder, more)).resolves.toBeUndefined();
  const gateway = `${more}add_hosts: [h:host-gateway]\n`;
  await expect(required('FROM a\n', podman, gateway)).resolves.toBeUndefined();
  await expect(required('FROM a\n', buildKit, gateway)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^app-debian-12-x: add_hosts: host-gateway/) as string,
  });
});
