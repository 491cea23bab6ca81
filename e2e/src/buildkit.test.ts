import {
  build as buildImage,
  detectEngine,
  copyImages,
  openWorkspace,
  readDefinition,
  saveDefinition,
  type BuildOptions,
  type LifecycleEvent,
} from '@stowage/core';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { storeWith } from '../../packages/core/testing/image.js';
import { describeEngines, type EngineUnderTest } from './engines/describe-engines.js';
import { archiveOf } from './engines/images.js';
import { startServe } from './served.js';
import { outputIn } from './output-in.js';
import { must, temporaryFolder } from './run.js';

const HEAD = 'project: app\nos: debian-12\nvariant: kit\nnetwork: none\ndockerfile: Dockerfile\n';
/** Of the password `secret`. */
const HASH = '$2b$04$j1OmC2Phjo8vZnDs5MV35ODQAQIqwLwY9Ns8ra9wLmCRIvo0EGKUK';
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

    it('gives steps the secrets and the SSH agent of the user, and shows and keeps none of it', async () => {
      const secret = `s3cret-${engine.name}`;
      const more = 'secrets: [{ id: token, env: TOKEN }, { id: own, file: own }]\nssh: [default]\n';
      const text = `${BASE}COPY . /context/
RUN --mount=type=secret,id=token --mount=type=secret,id=own --mount=type=ssh <<EOF
set -e
busybox cat /run/secrets/token; busybox echo
echo "${createHash('sha256').update(`own-${secret}`).digest('hex')}  /run/secrets/own" | busybox sha256sum -c
test -S "$SSH_AUTH_SOCK"
EOF
`;
      const agent = await startAgent();
      const env = { TOKEN: secret, SSH_AUTH_SOCK: agent };
      const { call, cwd, workspace, found, lines } = await prepare(engine, text, env, more);
      await writeFile(join(cwd, 'own'), `own-${secret}`);
      const saved = await saveDefinition(workspace, found, call);
      expect(lines.join('\n')).toContain('***');
      expect(lines.join('\n')).not.toContain(secret);
      const leaked = await must('grep', ['-rlF', secret, cwd, '--exclude=own']).catch(() => '');
      expect(leaked).toBe('');
      const list = ['/bin/busybox', 'ls', '/', '/context'];
      const listing = await outputIn(saved.reference, list, { env: engine.started().env });
      expect(listing).toContain('Dockerfile');
      expect(listing).not.toMatch(/^(?:own|run)$/m);
      await using opened = await open(engine);
      await opened.remove(saved.reference);
    });

    it('sends the context as it is, without a Dockerfile that its rules leave out', async () => {
      const { call, cwd, workspace, found } = await prepare(engine, `${BASE}COPY . /context/\n`);
      await writeFile(join(cwd, '.dockerignore'), 'Dockerfile\n.dockerignore\n.stowage\n');
      await mkdir(join(cwd, 'a/deep'), { recursive: true });
      for (const path of ['a/deep/file', 'a-b', 'a.b', '\u00e9'])
        await writeFile(join(cwd, path), path);
      await symlink('a/deep', join(cwd, 'link'));
      const large = Buffer.alloc(20_000_000, 'large');
      await writeFile(join(cwd, 'large'), large);
      const { env } = engine.started();
      const contentOf = async (change: string) => {
        await writeFile(join(cwd, 'same-size'), change);
        const { reference } = await buildImage(workspace, found, call);
        const shell = `cd /context; find . | sort | tr '\\n' ' '; cat same-size link/file; sha256sum < large; stat -c %a busybox a-b a`;
        const line = shell
          .replaceAll(/(?<=^|; |\| )(?=\w)/g, 'busybox ')
          .replace('busybox cd', 'cd');
        return outputIn(reference, ['/bin/sh', '-c', line], { env });
      };
      const expected = (change: string) =>
        `. ./a ./a-b ./a.b ./a/deep ./a/deep/file ./busybox ./large ./link ./same-size ./\u00e9 ${change}a/deep/file${createHash('sha256').update(large).digest('hex')}  -\n755\n644\n755\n`;
      expect(await contentOf('one')).toBe(expected('one'));
      expect(await contentOf('two')).toBe(expected('two'));
      await using opened = await open(engine);
      await opened.remove(found.definition.reference);
    });

    it('gives equal digests, without its cache, where it copies whole folders', async () => {
      const text = 'FROM scratch\nCOPY tree /\nENV A=b\n';
      const { call, cwd, workspace, found } = await prepare(engine, text);
      await mkdir(join(cwd, 'tree/deep/er'), { recursive: true });
      await writeFile(join(cwd, 'tree/deep/er/file'), 'x');
      const digests = new Set<unknown>();
      for (const force of [false, true]) {
        digests.add((await buildImage(workspace, found, { ...call, force })).digest);
        const prune = ['builder', 'prune', '--all', '--force'];
        await must('docker', prune, { env: engine.started().env });
      }
      expect([...digests]).toHaveLength(1);
      await using opened = await open(engine);
      await opened.remove(found.definition.reference);
    });

    it('pulls from a registry with the login of the user', async () => {
      const folder = await temporaryFolder();
      const users = join(folder, 'users');
      await writeFile(users, `ada:${HASH}\n`);
      const { host } = await startServe(['--root', join(folder, 'r'), '--htpasswd', users]);
      const auth = Buffer.from('ada:secret').toString('base64');
      const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth } } }) };
      const from = `${host}/team/base:1`;
      const text = `FROM ${from}\nCOPY Dockerfile /\n`;
      const { call, workspace, found } = await prepare(engine, text, env);
      const archive = await archiveOf(await storeWith(from, { seed: engine.name }), from);
      await copyImages(workspace, archive, `docker://${from}`, { ...call, stdout });
      await expect(buildImage(workspace, found, call)).resolves.toMatchObject({ action: 'built' });
      const stranger = await openWorkspace(call.cwd, { surroundings: { env: { HOME: folder } } });
      const again = { ...call, force: true };
      await using opened = await open(engine);
      await opened.remove(found.definition.reference);
      await must('docker', ['builder', 'prune', '--all', '--force'], { env: engine.started().env });
      await expect(buildImage(stranger, found, again)).rejects.toMatchObject({
        code: 'INVALID',
        hint: expect.stringContaining('log in to its registry') as string,
      });
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

/** Nothing here writes to standard output. */
const stdout = () => Promise.reject(new Error('unexpected write to standard output'));

/** A workspace with one definition, and the options to build it. */
async function prepare(
  { started }: EngineUnderTest,
  dockerfile: string,
  env: Readonly<Record<string, string>> = {},
  more = '',
) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'image.yaml'), HEAD + more);
  await writeFile(join(cwd, 'Dockerfile'), dockerfile);
  await copyFile('/bin/busybox', join(cwd, 'busybox'));
  const { kind, host } = started();
  const events: string[] = [];
  const lines: string[] = [];
  const onEvent = (event: LifecycleEvent) => {
    if ('text' in event) lines.push(event.text);
    if (event.type === 'step') events.push(`${event.subject}: ${event.text}`);
  };
  const call = { cwd, engine: kind, host, onEvent } satisfies Partial<BuildOptions>;
  const workspace = await openWorkspace(cwd, { surroundings: { env: { ...process.env, ...env } } });
  return { call, cwd, workspace, events, lines, found: await readDefinition(workspace, '.', call) };
}

/** An SSH agent that answers nothing. @returns its socket */
async function startAgent(): Promise<string> {
  const path = join(await temporaryFolder(), 'agent.sock');
  const agent = createServer();
  await new Promise<void>((resolve) => agent.listen(path, resolve));
  onTestFinished(() => void agent.close());
  return path;
}

function open({ started }: EngineUnderTest) {
  const { kind, host } = started();
  return detectEngine({ engine: kind, host, storeFolder: '' });
}

/** The content of files of an image. */
async function read({ started }: EngineUnderTest, reference: string, paths: string) {
  const { env } = started();
  return outputIn(reference, ['/bin/busybox', 'cat', ...paths.split(' ')], { env });
}
