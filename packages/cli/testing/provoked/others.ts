import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { EXIT_USAGE } from '../../src/exit-codes.js';
import {
  ARCHIVE,
  BASE,
  commandLine,
  NAME,
  registry,
  registryHost,
  savedLine,
  write,
  type Ran,
} from '../stowage.js';
import { damageRegistry, type Provocations } from './provoked.js';
import { LOGIN } from './registries.js';

/** Runs a command whose arguments are refused; the program exits as for other errors of usage. */
async function refused(run: () => Promise<Ran>): Promise<Ran> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { code: EXIT_USAGE, stdout: '', stderr: error.message };
  }
}

/** A workspace with a share. */
const shared = (host: string, more = 'mode: read-write', files = {}) =>
  commandLine({
    'stowage.yaml': `engine: embedded\nshare: { repository: ${host}/ci, ${more.replace('\n', ', ')} }\n`,
    ...files,
  });

export const SHARE: Provocations = {
  'a notice: the share did not answer, or refused': {
    run: async () => [await (await shared('127.0.0.1:1')).stowage(`build ${BASE} --save`)],
    says: /note: share .*connection refused; continuing without the share/,
  },
  'a notice: images without a digest': {
    file: 'e2e/src/share-engine.test.ts',
    title: 'of an input without a digest are built on each machine, and a notice says so',
  },
  'each machine builds, although the share has the image': {
    run: async () => {
      const host = await registryHost();
      const [one, two] = [
        await shared(host),
        await shared(host, undefined, { [`${BASE}/files/generated`]: 'x' }),
      ];
      return [await one.stowage(`build ${BASE} --save`), await two.stowage(`build ${BASE} --save`)];
    },
    says: /saved to /,
  },
  'a job may not write': {
    run: async () => {
      const { host } = await registry({ anonymous: 'read' });
      return [await (await shared(host)).stowage(`build ${BASE} --save`)];
    },
    says: /note: share .*needs a login that may write it/,
  },
  '`stowage.yaml` names no share': {
    run: async () => [await (await commandLine()).stowage('prune --share --keep-newest 1')],
    says: /it names no share/,
  },
  'the share has the image no more, and no definition is here': {
    run: async () => {
      const { host, root } = await registry();
      const { cwd, said, stowage } = await shared(host);
      await said(`build ${BASE} --save`);
      await rm(join(cwd, ARCHIVE));
      await rm(join(cwd, BASE), { recursive: true });
      await rm(join(cwd, '.stowage'), { recursive: true });
      await rm(join(root, 'repositories'), { recursive: true });
      return [await stowage(`load ${NAME}`)];
    },
    says: /pruned there, and no definition here makes it/,
  },
  'a blob of the share is damaged': {
    run: async () => {
      const { host, root } = await registry();
      await (await shared(host)).said(`build ${BASE} --save`);
      const other = await shared(host);
      await other.said(`build ${BASE} --save`);
      await damageRegistry(root);
      return [await other.stowage(`load ${NAME}`)];
    },
    says: /expected content of that digest/,
  },
  'an old archive in `images/` is named by its path': {
    run: async () => {
      const host = await registryHost();
      const old = await savedLine();
      const { cwd, said, stowage } = await shared(host, undefined, {
        [`${BASE}/files/a`]: 'new\n',
      });
      await said(`build ${BASE} --save`);
      await old.said(`copy ${ARCHIVE} ${join(cwd, ARCHIVE)} --force`);
      return [await stowage(`push ${ARCHIVE} --to ${host}/team`)];
    },
    says: /an older archive .*image-archive/s,
  },
};

export const MIGRATING: Provocations = {
  'a prefix is refused (`containers-storage:`, `dir:`)': {
    run: async () => {
      const { stowage } = await commandLine();
      return [
        await stowage('copy containers-storage:app:1 x.tar'),
        await stowage('copy dir:./x x.tar'),
      ];
    },
    says: /containers-storage:|dir:/,
  },
  '`convert` leaves a target where it is': {
    file: 'packages/images/src/generators/convert/generator.test.ts',
    title: 'carries over labels and dependencies, and lists and keeps what a definition cannot say',
  },
  'an entry of an old catalog is `invalid`': {
    run: async () => {
      const { cwd, stowage } = await savedLine();
      await write(cwd, {
        'images/image-registry.yml': `images:\n  - { name: app-debian-12-old, file: old.tar, last_used: yesterday }\n`,
      });
      return [await stowage('doctor')];
    },
    says: /image-registry\.yml:2/,
  },
  'a name is refused': {
    run: async () => {
      const { said, stowage } = await savedLine();
      await said(`copy ${ARCHIVE} store:tool:1`);
      return [await stowage('save tool:1')];
    },
    says: /expected <project>-<distribution>-<version>-<variant>/,
  },
  'a flag of the other tool is unknown': {
    run: async () => {
      const { stowage } = await commandLine();
      return [await refused(() => stowage('copy a.tar b.tar --remove-signatures-by-hand'))];
    },
    says: /unknown option/,
  },
};

export const RELEASE_IMAGES: Provocations = {
  'the version is published with other content': {
    run: async () => {
      const { cwd, said, stowage } = await savedLine();
      const push = `push ${NAME} --to ${await registryHost()} --tag app:1.2.3 --on-existing-tag error`;
      await said(push);
      await write(cwd, { [`${BASE}/files/a`]: 'other\n' });
      await said(`build ${BASE} --save`);
      return [await stowage(push)];
    },
    says: /the tag names another image there, sha256:/,
  },
  'the registry wants a login': LOGIN,
  'nothing was published': {
    file: 'packages/images/src/executors/release-publish/executor.test.ts',
    title: 'publishes nothing without a new version, and in a dry run',
  },
  'an image has no archive yet': {
    run: async () => {
      const { stowage } = await commandLine();
      return [await stowage(`push ${NAME} --to ${await registryHost()}`)];
    },
    says: /no image of this name|no archive/,
  },
  'a prerelease moved no `latest`': {
    file: 'packages/images/src/executors/release-publish/executor.test.ts',
    title: 'moves no tag to a prerelease unless it is named, and has other names where wanted',
  },
};

export const INTEROP: Provocations = {
  'a chart is loaded into an engine': {
    file: 'e2e/src/helm.test.ts',
    title: 'is no image: an engine does not get it, and the message says what it is',
  },
  'a template of a chart is given to `--images-from`': {
    run: async () => {
      const text = 'kind: Pod\nspec:\n  containers:\n    - image: {{ .Values.image }}\n';
      return [await (await commandLine({ 'pod.yaml': text })).stowage('ls --images-from pod.yaml')];
    },
    says: /pod\.yaml:4: a template with .*helm template/s,
  },
  'a variable of the file has no value': {
    run: async () => {
      const text = 'services:\n  app: { image: "app:${NO_SUCH_TAG}" }\n';
      return [await (await commandLine({ 'c.yaml': text })).stowage('load --images-from c.yaml')];
    },
    says: /the variable NO_SUCH_TAG has no value/,
  },
  'a service is built, and names no image': {
    run: async () => {
      const text = 'services:\n  app: { image: "app:1" }\n  own: { build: . }\n';
      return [await (await commandLine({ 'c.yaml': text })).stowage('ls --images-from c.yaml')];
    },
    says: /service own is built and names no image/,
  },
  '`initializeCommand` ends with 3': {
    run: async () => [await (await commandLine()).stowage(`load ${NAME}`)],
    says: /no image of this name in the catalog/,
  },
};
