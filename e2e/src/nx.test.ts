import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { freePort, startRegistry } from './distribution-server.js';
import { createNxWorkspace, type NxWorkspace } from './nx-workspace.js';
import { nodeEnvironment } from './other-node.js';
import { describeWith, DOCKER } from './peers.js';
import { outputIn } from './output-in.js';
import { must, stowage, temporaryFolder } from './run.js';
import { startServe } from './served.js';

const NAME = 'app-ubuntu-25.04-gcc15';
const ARCHIVE = `images/app/${NAME}.tar`;
interface GitLabJob {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly before_script?: string[];
  readonly script?: readonly string[];
}

interface GitHubWorkflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly env: Readonly<Record<string, string>>;
        readonly steps: readonly { readonly run?: string }[];
      }
    >
  >;
}

/** Waits until a server answers. */
const LOOK = `for (;;) {
  const answer = await fetch(process.argv[2]).catch(() => undefined);
  if (answer?.ok) { console.log('found ' + (await answer.text())); break; }
  await new Promise((resolve) => setTimeout(resolve, 100));
}`;

describe.each([
  ['22.7.8', '22'],
  ['23.2.1', '20.19'],
  ['24.0.0', '26'],
])('a workspace on Nx %s and Node.js %s', (version, node) => {
  let workspace: NxWorkspace;
  beforeAll(async () => {
    workspace = await createNxWorkspace(version, await nodeEnvironment(node));
  });
  afterAll(() => workspace.remove());

  it('is set up by nx add', async () => {
    const read = (path: string) => readFile(join(workspace.root, path), 'utf8');
    expect(await read('nx.json')).toContain('@stowage/images');
    expect(await read('.gitignore')).toContain('/images/*/*.tar*');
    expect(await read('stowage.yaml')).toContain('engine: auto');
    const { devDependencies } = JSON.parse(await read('package.json')) as {
      devDependencies: Record<string, string>;
    };
    expect(devDependencies['@nx/devkit']).toBe(devDependencies['nx']);
  });

  it('generates two images, one built on the other', async () => {
    await workspace.nx(
      'g',
      '@stowage/images:image',
      '--project=app',
      '--os=ubuntu-25.04',
      '--variant=base',
    );
    await workspace.nx(
      'g',
      '@stowage/images:image',
      '--project=app',
      '--os=ubuntu:25.04',
      '--variant=gcc15',
      '--base=app-ubuntu-25.04-base',
      '--content=files',
    );
    const refused = await workspace.tryNx(
      'g',
      '@stowage/images:image',
      '--project=app',
      '--os=ubuntu-25.04',
      '--variant=GCC15',
    );
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain(
      'The nearest valid name is app-ubuntu-25.04-gcc15.',
    );
    const dry = await workspace.nx(
      'g',
      '@stowage/images:image',
      '--project=app',
      '--os=debian-12',
      '--variant=x',
      '--dry-run',
    );
    expect(dry).toContain('CREATE apps/app/images/debian-12-x/image.yaml');
    expect(existsSync(join(workspace.root, 'apps/app/images/debian-12-x'))).toBe(false);
  });

  it('saves both images with one target of their owner, and does nothing the second time', async () => {
    const first = await workspace.nx('run', 'app:image-save');
    expect(first).toContain(`saved ${NAME}:latest to ${ARCHIVE}`);
    expect(existsSync(join(workspace.root, ARCHIVE))).toBe(true);
    expect(await workspace.nx('run', 'app:image-save')).toMatch(/cache/);
    expect(await workspace.nx('run', 'app:image-save', '--skip-nx-cache')).toContain(
      'nothing to do',
    );
  });

  it('loads both images into the embedded store, with the options of the command', async () => {
    const loaded = await workspace.nx('run', 'app:image-load', '--engine=embedded');
    expect(loaded).toContain('loaded in embedded:');
    expect(loaded).toContain(`${NAME}:latest`);
    expect(await workspace.nx('run', `${NAME}:image-load`, '--engine=embedded', '--act')).toContain(
      `-P ubuntu-25.04=${NAME}:latest --pull=false`,
    );
  });

  it("restores archives from Nx's cache on a fresh checkout, and loads them", async () => {
    for (const path of ['images', '.stowage'])
      await rm(join(workspace.root, path), { recursive: true });
    const loaded = await workspace.nx('run', `${NAME}:image-load`, '--engine=embedded');
    expect(loaded).toContain('loaded in embedded:');
    expect(loaded).toMatch(/cache/);
  });

  it('verifies every byte of the restored archives', async () => {
    expect(await workspace.nx('run', `${NAME}:image-verify`)).toContain(
      `${NAME}: every byte is as it should be`,
    );
  });

  it('serves both images for as long as a task needs them', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const project = await workspace.read('apps/app/project.json');
    const targets = {
      'image-serve': { options: { listen: `127.0.0.1:${port}` } },
      look: { command: `node look.mjs ${url}/v2/_catalog`, dependsOn: ['image-serve'] },
    };
    await workspace.write(
      'apps/app/project.json',
      JSON.stringify({ ...(JSON.parse(project) as object), targets }),
    );
    // Nx starts the dependent task when the continuous one has started, maybe before it is ready.
    await workspace.write('look.mjs', LOOK);
    const said = await workspace.nx('run', 'app:look');
    expect(said).toContain(`found {"repositories":["app-ubuntu-25.04-base","${NAME}"]}`);
    const state = () =>
      fetch(url).then(
        () => 'there',
        () => 'gone',
      );
    await expect.poll(state, { timeout: 60_000 }).toBe('gone');
    await workspace.write('apps/app/project.json', project);
    await workspace.remove('look.mjs');
  });

  it('releases both images as docs/release-images.md says', async () => {
    const [nxJson, settings] = [
      await workspace.read('nx.json'),
      await workspace.read('stowage.yaml'),
    ];
    const page = await readFile(join(import.meta.dirname, '../../docs/release-images.md'), 'utf8');
    const block = (language: string) =>
      new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? '';
    const { url, host } = await startServe([
      '--listen=127.0.0.1:0',
      '--root',
      await temporaryFolder(),
    ]);
    const configure = (config: object) =>
      workspace.write('nx.json', JSON.stringify({ ...(JSON.parse(nxJson) as object), ...config }));
    const to = block('yaml').replace('127.0.0.1:5000', host);
    await workspace.write('stowage.yaml', `${settings}\n${to}`);
    await configure(JSON.parse(block('json')) as object);
    await workspace.commit('release');
    for (const key of ['user.name', 'user.email'])
      await must('git', ['config', key, 'e2e@example.com'], { cwd: workspace.root });
    const said: string[] = [];
    for (const line of block('sh').trim().split('\n'))
      said.push(await workspace.nx(...line.replace(/^npx nx /, '').split(' ')));
    expect(said[1]).toContain(`pushed: ${host}/team/${NAME}:1.0.0@sha256:`);
    expect(said[1]).toContain(`pushed: ${host}/team/${NAME}:latest@sha256:`);
    expect(said[2]).toContain(`would be published: ${host}/team/${NAME}:1.0.0@sha256:`);
    const accept = 'application/vnd.oci.image.index.v1+json';
    const answer = await fetch(`${url}/v2/team/${NAME}/manifests/1.0.0`, { headers: { accept } });
    const record = JSON.parse(await workspace.read(`images/app/${NAME}.image.json`)) as object;
    expect(await answer.json()).toMatchObject({
      manifests: [{ digest: (record as { digest: string }).digest }],
      annotations: {
        'org.opencontainers.image.version': '1.0.0',
        'org.opencontainers.image.revision': (
          await must('git', ['rev-list', '-1', 'images-v1.0.0'], { cwd: workspace.root })
        ).trim(),
      },
    });
    const all = { projects: ['*', '!app', '!tool'] };
    await configure({ release: all });
    const version = ['release', 'version', '2.0.0', '--first-release', '--dry-run'];
    expect(await workspace.nx(...version)).toContain('The image gets version 2.0.0');
    await configure({ release: { ...all, docker: true } });
    const refused = await workspace.tryNx(...version);
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain('call docker tag on a loaded image');
    await workspace.write('stowage.yaml', settings);
    await workspace.write('nx.json', nxJson);
  });

  // Other tests check what these do; here Nx only has to run them, with one version.
  if (version === '23.2.1') {
    it('adopts a Dockerfile, first in a dry run', async () => {
      await workspace.write('apps/api/project.json', '{"name":"api"}');
      await workspace.write('apps/api/Dockerfile', 'FROM debian:13\nCOPY . /srv\n');
      const dry = await workspace.nx('g', '@stowage/images:convert', '--dry-run');
      expect(dry).toContain('CREATE apps/api/images/debian-13-default/image.yaml');
      expect(existsSync(join(workspace.root, 'apps/api/images'))).toBe(false);
      await workspace.nx('g', '@stowage/images:convert');
      const found = await workspace.nx('show', 'project', 'api-debian-13-default', '--json');
      expect(found).toContain('image-build');
      const { stdout } = await stowage(
        ['build', 'apps/api/images/debian-13-default', '--print-dockerfile'],
        { cwd: workspace.root },
      );
      expect(stdout).toBe('FROM debian:13\nCOPY . /srv\n');
      await workspace.remove('apps/api');
    });

    it('writes workflows whose steps run as written, and publish on the default branch only', async () => {
      const { host, url } = await startServe(['--root', await temporaryFolder()]);
      const settings = await workspace.read('stowage.yaml');
      await workspace.write('stowage.yaml', 'engine: embedded\n');
      const share = `--share=${host}/team/images`;
      for (const provider of ['github', 'gitlab'])
        await workspace.nx('g', '@stowage/images:ci', share, `--provider=${provider}`);
      await workspace.commit('workflows');
      const HOME = await temporaryFolder();
      const variables = {
        HOME,
        CI_REGISTRY: host,
        CI_REGISTRY_USER: 'ada',
        CI_REGISTRY_PASSWORD: 'secret',
        CI_COMMIT_SHA: 'HEAD',
        CI_COMMIT_BEFORE_SHA: '0'.repeat(40),
        CI_MERGE_REQUEST_DIFF_BASE_SHA: 'HEAD~1',
        NX_DAEMON: 'false',
        NX_NO_CLOUD: 'true',
      };
      const tags = async () => {
        const answer = await fetch(`${url}/v2/team/images/tags/list`);
        return answer.ok ? ((await answer.json()) as { tags: string[] }).tags.length : 0;
      };
      /** Runs a job on a machine without images and results of tasks. */
      const job = async (script: readonly string[], env: Readonly<Record<string, unknown>>) => {
        for (const path of ['images', '.stowage']) await workspace.remove(path);
        const given = Object.entries(env).map(([name, value]) => [name, expand(String(value))]);
        const cache = {
          NX_CACHE_DIRECTORY: await temporaryFolder(),
          NX_WORKSPACE_DATA_DIRECTORY: await temporaryFolder(),
        };
        const all = {
          ...variables,
          ...cache,
          ...(Object.fromEntries(given) as Record<string, string>),
        };
        const text = ['set -e', ...script].join('\n');
        return await must('bash', ['-c', text], { cwd: workspace.root, env: all });
      };
      const expand = (text: string) =>
        text.replace(/^\$(\w+)$/, (all, name: keyof typeof variables) => variables[name] ?? all);

      const gitlab = parse(await workspace.read('.gitlab/images.yml')) as Record<string, GitLabJob>;
      const shared = gitlab['.images'];
      const gitlabJob = (name: string) =>
        job([...(shared?.before_script ?? []), ...(shared?.script ?? [])], {
          ...shared?.variables,
          ...gitlab[name]?.variables,
        });
      expect(shared?.before_script?.[0]).toBe('npm ci');
      await gitlabJob('images-check');
      expect(await tags()).toBe(0);
      const login = JSON.parse(await readFile(join(HOME, '.docker/config.json'), 'utf8')) as object;
      expect(login).toEqual({ auths: { [host]: { auth: btoa('ada:secret') } } });
      // The packages are there now.
      shared?.before_script?.splice(0, 1);
      await gitlabJob('images-publish');
      expect(await tags()).toBeGreaterThan(0);

      const { jobs } = parse(
        await workspace.read('.github/workflows/images.yml'),
      ) as GitHubWorkflow;
      for (const { steps, env } of Object.values(jobs)) {
        // GitLab's job installs with the same command.
        const script = steps.flatMap(({ run }) =>
          run === undefined || run === 'npm ci' ? [] : run,
        );
        expect(script).toEqual(['npx nx affected -t image-save']);
        const set = { NX_BASE: 'HEAD~1', NX_HEAD: 'HEAD', ...env };
        expect(await job(script, set)).toContain('Successfully ran target image-save');
      }
      await workspace.write('stowage.yaml', settings);
      await workspace.remove('.gitlab-ci.yml');
    });
  }

  if (version === '23.2.1')
    describeWith(['docker-registry'], 'beside a registry', () => {
      it('pushes with one target, and loads the pushed image with another', async () => {
        const host = await startRegistry();
        const pushed = await workspace.nx('run', 'app:image-push', `--to=${host}/team`);
        expect(pushed).toContain(`pushed: ${host}/team/library/${NAME}:latest@sha256:`);
        const reference = `${host}/team/library/${NAME}:latest`;
        const targets = {
          fetch: { executor: '@stowage/images:load', options: { reference, engine: 'embedded' } },
        };
        await workspace.write('tool/project.json', JSON.stringify({ name: 'tool', targets }));
        expect(await workspace.nx('run', 'tool:fetch')).toContain(reference);
      });
    });

  it('reports an invalid definition when its target runs, without failing other images', async () => {
    await workspace.write(
      'apps/app/images/ubuntu-25.04-bad/image.yaml',
      'project: app\nos: ubuntu-25.04\nvarient: bad\n',
    );
    const bad = await workspace.tryNx('run', 'app-ubuntu-25.04-bad:image-save');
    expect(bad.code).not.toBe(0);
    expect(bad.stdout + bad.stderr).toMatch(/image\.yaml:3:1: .*did you mean "variant"/);
    await workspace.nx('run', `${NAME}:image-save`);
    await rm(join(workspace.root, 'apps/app/images/ubuntu-25.04-bad'), { recursive: true });
  });

  it('reports on the archives and the results of their tasks', async () => {
    const said = await workspace.nx('run', 'app:image-report', '--engine=embedded');
    expect(said).toContain('report: .stowage/report.html');
    const page = await workspace.read('.stowage/report.html');
    expect(page).toMatch(/Runs in Nx[^]*app-ubuntu-25.04-gcc15[^]*image-save/);
  });

  it('prunes by the rules in a dry run', async () => {
    expect(await workspace.nx('run', 'app:image-prune', '--dryRun', '--engine=embedded')).toContain(
      'it is the newest of its name',
    );
  });

  it('plans and ensures the image for a job with targets', async () => {
    const needs = { os: 'ubuntu-25.04', compiler: 'gcc15' };
    await workspace.write(
      'apps/app/project.json',
      JSON.stringify({
        name: 'app',
        root: 'apps/app',
        targets: {
          plan: { executor: '@stowage/images:plan', options: needs },
          ensure: {
            executor: '@stowage/images:ensure',
            options: { ...needs, engine: 'embedded', act: true },
          },
        },
      }),
    );
    const planned = await workspace.nx('run', 'app:plan');
    expect(planned).toContain(`"name": "${NAME}"`);
    expect(planned).toContain('"needs_build": false');
    const ensured = await workspace.nx('run', 'app:ensure');
    expect(ensured).toContain(`loaded ${NAME}:latest`);
    expect(ensured).toContain(`-P ubuntu-25.04=${NAME}:latest --pull=false`);
  });

  describeWith(
    [...DOCKER, 'busybox', 'docker'],
    'with a Docker Engine',
    () => {
      it('loads an image that runs, and sends nothing the second time', async () => {
        await workspace.write(
          'apps/app/images/ubuntu-25.04-base/files/busybox',
          await readFile('/bin/busybox'),
        );
        await must('chmod', [
          '755',
          join(workspace.root, 'apps/app/images/ubuntu-25.04-base/files/busybox'),
        ]);
        const host = inject('dockerHost');
        expect(await workspace.nx('run', `${NAME}:image-load`, `--host=${host}`)).toContain(
          'loaded in docker:',
        );
        expect(await workspace.nx('run', `${NAME}:image-load`, `--host=${host}`)).toContain(
          'skipped in docker:',
        );
        const env = { DOCKER_HOST: host };
        const command = ['/opt/app/busybox', 'echo', 'it runs'];
        expect(await outputIn(`${NAME}:latest`, command, { env })).toBe('it runs\n');
      });

      it('runs it as a container for as long as a task needs it', async () => {
        const host = inject('dockerHost');
        const port = String(await freePort());
        const [config, project] = ['nx.json', 'apps/app/project.json'];
        const before = {
          [config]: await workspace.read(config),
          [project]: await workspace.read(project),
        };
        const options = {
          host,
          network: 'host',
          env: { GREETING: 'it is served' },
          volumes: ['./www:/www'],
          args: [
            '/opt/app/busybox',
            'sh',
            '-c',
            `echo $GREETING > /www/x; exec /opt/app/busybox httpd -f -p 127.0.0.1:${port} -h /www`,
          ],
        };
        const parsed = JSON.parse(before[config] ?? '') as object;
        const targetDefaults = { 'image-run': { options }, 'image-load': { options: { host } } };
        await workspace.write(config, JSON.stringify({ ...parsed, targetDefaults }));
        const look = {
          command: `node look.mjs http://127.0.0.1:${port}/x`,
          dependsOn: [{ projects: [NAME], target: 'image-run' }],
        };
        await workspace.write(project, JSON.stringify({ name: 'app', targets: { look } }));
        await workspace.write('www/index.html', '');
        await workspace.write('look.mjs', LOOK);
        expect(await workspace.nx('run', 'app:look')).toContain('found it is served');
        const env = { DOCKER_HOST: host };
        const containers = () => must('docker', ['ps', '--all', '--quiet'], { env });
        await expect.poll(containers, { timeout: 60_000 }).toBe('');
        for (const [path, text] of Object.entries(before)) await workspace.write(path, text);
        await workspace.remove('look.mjs');
        await workspace.remove('www');
        await must('docker', ['image', 'rm', `${NAME}:latest`], { env });
      });
    },
    { root: true },
  );
});
