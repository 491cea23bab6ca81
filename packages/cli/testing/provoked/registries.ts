import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ARCHIVE,
  BASE,
  commandLine,
  NAME,
  pushedLine,
  registry,
  registryHost,
  savedLine,
  write,
} from '../stowage.js';
import {
  damage,
  damageRegistry,
  type Provocations,
  type Provoked,
  type TestedIn,
} from './provoked.js';

/** An address at which no registry listens. */
const AWAY = '127.0.0.1:1';
const FULL: TestedIn = {
  file: 'e2e/src/space.test.ts',
  title: 'gives exit 7 before anything is written, and leaves the old archive',
};

/** A saved image, and a registry that takes `ada` alone, whose password is not known here. */
async function closedRegistry() {
  const line = await savedLine();
  await line.said('htpasswd users ada', { stdin: 'secret' });
  const { host } = await registry({ htpasswd: join(line.cwd, 'users') });
  return { ...line, host };
}

/** A workspace with `delta.tar`, which has an image without a layer that an older archive has. */
async function deltaArchive() {
  const line = await savedLine();
  await line.said(`copy ${ARCHIVE} old.tar`);
  const head = 'project: app\nos: debian-12\nvariant: base\ncopy: [{ from: files, to: /opt }]\n';
  await write(line.cwd, { [`${BASE}/image.yaml`]: `${head}env: { A: b }\n` });
  await line.said(`build ${BASE} --save`);
  await line.said(`copy ${ARCHIVE} delta.tar --base old.tar`);
  return line;
}

export const LOGIN: Provoked = {
  run: async () => {
    const { stowage, host } = await closedRegistry();
    return [await stowage(`push ${NAME} --to ${host}/team`)];
  },
  says: /login/,
};

const unreachable = {
  run: async () => [await (await savedLine()).stowage(`push ${NAME} --to ${AWAY}/team`)],
  says: /connection refused|ECONNREFUSED/i,
};

export const AIR_GAPPED: Provocations = {
  'parts are missing': {
    run: async () => {
      const { cwd, said, stowage } = await savedLine();
      await said(`copy ${ARCHIVE} medium/app.tar --split 5KB`);
      await rm(join(cwd, 'medium/app.tar.001'));
      return [await stowage(`push medium/app.tar --to ${await registryHost()}`)];
    },
    says: /parts are missing: app\.tar\.001/,
  },
  'a part is damaged': {
    run: async () => {
      const { cwd, said, stowage } = await savedLine();
      await said(`copy ${ARCHIVE} medium/app.tar --split 5KB`);
      await damage(join(cwd, 'medium/app.tar.002'));
      return [await stowage('verify medium/app.tar')];
    },
    says: /app\.tar\.002/,
  },
  'a delta needs content that the registry lacks': {
    run: async () => {
      const { stowage } = await deltaArchive();
      return [await stowage(`push delta.tar --to ${await registryHost()}`)];
    },
    says: /missing|lacks/,
  },
  'the registry wants a login': LOGIN,
  'the registry is not reachable': unreachable,
  'its certificate is of a private CA': {
    file: 'e2e/src/distribution.test.ts',
    title: 'is trusted by its certificate',
  },
  'the disk is full': FULL,
};

const control = {
  run: async () => [await (await commandLine()).stowage('serve --listen 0.0.0.0:0 --root other')],
  says: /not a loopback address: access control is required/,
};

export const LOCAL_REGISTRY: Provocations = {
  'it shall listen on more than loopback': control,
  'an image is not there': {
    run: async () => {
      const { stowage, host } = await pushedLine();
      return [
        await stowage(`pull ${host}/team/nothing:1 -o x.tar`),
        await stowage(`load ${host}/team/app:2`),
      ];
    },
    says: /no tag/,
  },
  'a push gets 507': {
    run: async () => {
      const { stowage } = await savedLine();
      const { host } = await registry({ maxUsed: '1KB' });
      return [await stowage(`push ${NAME} --to ${host}`)];
    },
    says: /limit|space/,
  },
};

export const REGISTRY_SERVICE: Provocations = {
  'it does not start: access control is required': control,
  'it does not start: a setting is wrong': {
    run: async () => {
      const { stowage } = await commandLine({ 'registry.yaml': 'serve:\n  lisen: 127.0.0.1:0\n' });
      return [await stowage('serve --config registry.yaml')];
    },
    says: /registry\.yaml:2:3: .*did you mean "listen"/s,
  },
  'it does not start: the address is in use': {
    run: async () => {
      const { host } = await registry();
      return [await (await commandLine()).stowage(`serve --root own --listen ${host}`)];
    },
    says: /another program listens on this address/,
  },
  "it does not start: the folder is another's": {
    run: async () => {
      const { stowage } = await commandLine({
        'theirs/docker/registry/v2/repositories/app/x': '',
        'layout/oci-layout': '{"imageLayoutVersion":"1.0.0"}',
      });
      return [await stowage('serve --root theirs'), await stowage('serve --root layout')];
    },
    says: /import/,
  },
};

export const SYNC: Provocations = {
  'both sides are folders': {
    run: async () => [await (await savedLine()).stowage('sync ./images ./other')],
    says: /both are folders/,
  },
  'a blob from the registry differs from its digest': {
    run: async () => {
      const one = await savedLine();
      const { host, root } = await registry();
      await one.said(`sync ./images ${host}/ci`);
      await damageRegistry(root);
      const other = await commandLine();
      return [await other.stowage(`sync ${host}/ci ./images`)];
    },
    says: /expected content of that digest/,
  },
  'a login is missing, or may only read': {
    run: async () => {
      const { stowage, host } = await closedRegistry();
      const reads = await registry({ anonymous: 'read' });
      return [
        await stowage(`sync ./images ${host}/ci`),
        await stowage(`sync ./images ${reads.host}/ci`),
      ];
    },
    says: /login|denied|may not/,
  },
  'the registry is not reachable': {
    run: async () => [await (await savedLine()).stowage(`sync ./images ${AWAY}/ci`)],
    says: /ECONNREFUSED|connection refused/i,
  },
  'the disk is too small for what would arrive': {
    file: 'e2e/src/space.test.ts',
    title: 'gives exit 7 for a sync that does not fit, and keeps what is there',
  },
};

export const ARCHIVES: Provocations = {
  '`no such file, and neither a name of the catalog nor a reference`': {
    run: async () => [await (await commandLine()).stowage('inspect no_such.tar:')],
    says: /no such file, and neither a name of the catalog nor a reference/,
  },
  '`CORRUPT`: `expected sha256:…, got sha256:…`': {
    run: async () => {
      const { cwd, stowage } = await savedLine();
      await damage(join(cwd, ARCHIVE));
      return [await stowage(`verify ${ARCHIVE}`)];
    },
    says: /CORRUPT .*expected sha256:\w+, got sha256:/,
  },
  '`INCOMPLETE`: `… is missing`': {
    run: async () => {
      const { stowage } = await deltaArchive();
      return [await stowage('verify delta.tar')];
    },
    says: /INCOMPLETE/,
  },
  '`UNSUPPORTED`, `INVALID`': {
    run: async () => {
      const { stowage } = await commandLine({ 'x.tar': `PK\x03\x04${'\0'.repeat(1000)}` });
      return [await stowage('inspect x.tar'), await stowage('load x.tar')];
    },
    says: /not an image archive/,
  },
  '`the file exists already`': {
    run: async () => {
      const { said, stowage } = await savedLine();
      await said(`copy ${ARCHIVE} x.tar`);
      return [await stowage(`copy ${ARCHIVE} x.tar`)];
    },
    says: /the file exists already/,
  },
  'two images have one name': {
    run: async () => {
      const { cwd, said, stowage } = await savedLine();
      await said(`copy ${ARCHIVE} one.tar`);
      await write(cwd, { [`${BASE}/files/a`]: 'other\n' });
      await said(`build ${BASE} --save`);
      return [await stowage(`copy one.tar ${ARCHIVE} both.tar`)];
    },
    says: /is the name of two images/,
  },
  'a push asks for a login (`unauthorized`)': LOGIN,
  '`connection refused`, an unknown host, an untrusted certificate': unreachable,
};
