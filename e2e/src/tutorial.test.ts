import { afterAll, inject, it } from 'vitest';
import { DEBIAN, importDebian } from './debian-base.js';
import { runPage } from './docs-page.js';
import { describeWith, DOCKER } from './peers.js';
import { must, temporaryFolder } from './run.js';

/**
 * A newcomer's first ten minutes, without a hub: the base comes from a mirror of Debian. Prints the time of each block;
 * it is not compared with anything, since a busy machine takes longer.
 */
describeWith(
  [...DOCKER, 'docker', 'debootstrap', 'git'],
  'the tutorial',
  () => {
    const env = { DOCKER_HOST: inject('dockerHost') };
    afterAll(() => must('docker', ['image', 'rm', '-f', 'app-debian-12-gcc12', DEBIAN], { env }));

    it(
      'leads from an empty folder to a pruned toolchain image',
      { timeout: 2_400_000 },
      async () => {
        await importDebian(env.DOCKER_HOST);
        const cwd = await temporaryFolder();
        const { seconds, blocks } = await runPage('tutorial', {
          cwd,
          env: {
            ...env,
            CI: 'true',
            NX_DAEMON: 'false',
            GIT_AUTHOR_NAME: 'e2e',
            GIT_AUTHOR_EMAIL: 'e2e@example.com',
            GIT_COMMITTER_NAME: 'e2e',
            GIT_COMMITTER_EMAIL: 'e2e@example.com',
          },
          replace: {
            // The packages of this repository, and an engine without a network of its own.
            'cd toolchain\n': `cd toolchain\ncp ${inject('npmrc')} .npmrc\n`,
            'npx nx add @stowage/images\n':
              "npx nx add @stowage/images\necho 'network: host' >> stowage.yaml\n",
          },
        });
        for (const [index, block] of blocks.entries())
          console.log(`${(seconds[index] ?? 0).toFixed(1)} s  ${block.split('\n')[0] ?? ''}`);
        const all = seconds.reduce((sum, each) => sum + each, 0);
        console.log(`${all.toFixed(1)} s  all of it`);
      },
    );
  },
  { root: true },
);
