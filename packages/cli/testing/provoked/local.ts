import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ARCHIVE,
  BASE,
  commandLine,
  NAME,
  pushedLine,
  registry,
  savedLine,
  temporaryFolder,
  write,
} from '../stowage.js';
import { damage, later, type Provocations, type Provoked, type TestedIn } from './provoked.js';

const HEAD = 'project: app\nos: debian-12\n';
const STEPS = 'apps/app/images/steps';
const TOP = 'apps/app/images/top';
const SPACE: TestedIn = {
  file: 'e2e/src/space.test.ts',
  title: 'gives exit 7 before anything is written, and leaves the old archive',
};
const STEP: TestedIn = {
  file: 'e2e/src/life.test.ts',
  title: 'reports a failed step with its last lines and the command for a shell',
};

const cannotBuild = async () => {
  const { stowage } = await savedLine({
    [`${STEPS}/image.yaml`]: `${HEAD}variant: x\nbase: ${NAME}\nrun: ['true']\n`,
  });
  return stowage(`build ${STEPS} --save`);
};

const otherBase: Provoked = {
  run: async () => {
    const { cwd, stowage, image } = await pushedLine();
    await write(cwd, {
      [`${TOP}/image.yaml`]: `${HEAD}variant: top\nbase: ${image}\n`,
      [`${TOP}/image.lock.yaml`]: `base: "${image}-older"\ndigest: sha256:${'0'.repeat(64)}\n`,
    });
    return [await stowage(`build ${TOP} --save`)];
  },
  says: /image\.lock\.yaml/,
};

export const LOAD_IN_CI: Provocations = {
  'no archive fits, and no definition makes one': {
    run: async () => {
      const { stowage } = await savedLine();
      return [await stowage('ensure --project app --variant base --os debian-99')];
    },
    says: /note: .* is not locked|no archive|no definition/,
  },
  'the archive is damaged': {
    run: async () => {
      const { cwd, stowage } = await savedLine();
      await damage(join(cwd, ARCHIVE));
      return [await stowage(`load ${NAME}`)];
    },
    says: /expected content of that digest/,
  },
  'a `test:` or a step of the build failed': STEP,
  'no engine answers, or it cannot build': {
    run: async () => {
      const { stowage } = await savedLine();
      const away = await stowage(`load ${NAME} --engine docker --host unix:///nowhere.sock`);
      return [away, await cannotBuild()];
    },
    says: /no engine answers|runs no commands/,
  },
  'the disk would be full': SPACE,
  'the base is another one than `image.lock.yaml` has': otherBase,
};

export const DEFINITIONS: Provocations = {
  'a key is missing or unknown': {
    run: async () => {
      const { stowage } = await commandLine({ [`${TOP}/image.yaml`]: `projct: app\n` });
      return [await stowage(`build ${TOP}`)];
    },
    says: /image\.yaml:1:1: .*did you mean "project"/s,
  },
  'there is no such definition': {
    run: async () => {
      const { stowage } = await commandLine();
      return [await stowage('build apps/app/images/none')];
    },
    says: /no such definition/,
  },
  'a step or a `test:` failed': STEP,
  'the image has steps, and the engine runs none': {
    run: async () => [await cannotBuild()],
    says: /runs no commands, and the image has steps/,
  },
  'two definitions have one name, or a name breaks a rule': {
    run: async () => {
      const two = await commandLine({ [`${TOP}/image.yaml`]: `${HEAD}variant: base\n` });
      const odd = await commandLine({ [`${TOP}/image.yaml`]: `${HEAD}variant: Top_1\n` });
      return [await two.stowage(`build ${BASE}`), await odd.stowage(`build ${TOP}`)];
    },
    says: /2 definitions have this name|name/,
  },
  'the base is another one than the locked one': otherBase,
};

export const PRUNE_POLICIES: Provocations = {
  'a rule is no size or age': {
    run: async () => {
      const { stowage } = await commandLine();
      return [await stowage('prune --min-free lots'), await stowage('prune --unused-for soon')];
    },
    says: /expected a size such as|expected an? /,
  },
  'a bound cannot be met': {
    run: async () => [await (await savedLine()).stowage('prune --max-used 1KB')],
    says: /more must become free, and nothing else may be deleted/,
  },
  'an image stays although it is old': {
    run: async () => [await (await savedLine()).stowage('prune --unused-for 0s --keep-newest 1')],
    says: /keep +archive .* newest of its name/,
  },
  'an image was deleted in the engine, not its file': {
    run: async () => {
      const { said, stowage } = await savedLine();
      await said(`load ${NAME}`);
      later();
      return [await stowage('prune --unused-for 1d --keep-newest 1')];
    },
    says: /delete +store .*\nkeep +archive/,
  },
  'too little is free after a `prune --root`': {
    run: async () => {
      const { said, stowage } = await savedLine();
      const { host, root } = await registry();
      for (const tag of ['1', '2']) await said(`push ${NAME} --to ${host} --tag app:${tag}`);
      later();
      return [await stowage(`prune --root ${root} --unused-for 1d`)];
    },
    says: /delete +registry +app:1/,
  },
  'an archive outside of `images/` takes the space': {
    run: async () => {
      const { cwd, said, stowage } = await savedLine();
      const other = join(await temporaryFolder(), 'other.tar');
      await said(`copy ${ARCHIVE} ${other}`);
      await writeFile(
        join(cwd, 'images/image-registry.yml'),
        `images: [{ name: app-debian-12-other, file: ${other}, created: 2020-01-01 }]\n`,
      );
      await said('prune --unused-for 1d');
      return [await stowage('ls')];
    },
    says: /elsewhere/,
  },
};
