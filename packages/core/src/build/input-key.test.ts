import { chmod, mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary.js';
import { parseDefinition } from '../definition/definition.js';
import { parsePlatform } from '../oci/platform.js';
import { contextRoots, listContext } from './context/context.js';
import { hashInputs, type Inputs } from './inputs.js';

const HEAD = 'project: app\nos: debian-12\nvariant: base\n';
const COPY = 'copy: [{ from: files, to: /opt }]\n';
const STEPS = `${COPY}base: debian:12\nrun: [ls]\n`;

interface Case {
  readonly yaml?: string;
  /** The definition before the change; that of `COPY` when omitted. */
  readonly before?: string;
  readonly more?: Partial<Inputs>;
  /** Changes the folder of the definition. */
  readonly change?: (folder: string) => Promise<void>;
}

async function keyOf({ yaml = COPY, more = {}, change }: Case = {}): Promise<string> {
  const context = await temporaryFolder();
  await mkdir(join(context, 'files'));
  await writeFile(join(context, 'files/a'), 'a\n', { mode: 0o644 });
  await change?.(context);
  const definition = parseDefinition({ text: `${HEAD}${yaml}`, path: join(context, 'image.yaml') });
  const files = await listContext(context, contextRoots(definition));
  const platforms = [parsePlatform('linux/amd64')];
  const common = { base: undefined, epoch: 0, network: undefined, platforms };
  return hashInputs({ definition, context, files, ...common, ...more });
}

it.each<[string, Case]>([
  ['the content of a file', { change: (at) => writeFile(join(at, 'files/a'), 'b\n') }],
  ['the name of a file', { change: (at) => rename(join(at, 'files/a'), join(at, 'files/b')) }],
  ['the executable bit', { change: (at) => chmod(join(at, 'files/a'), 0o755) }],
  ['an option', { yaml: `${COPY}env: { A: b }\n` }],
  ['the name', { yaml: `${COPY}reference: other:1\n` }],
  ['the revision', { yaml: `${COPY}revision: 2\n` }],
  ['the platforms', { more: { platforms: [parsePlatform('linux/arm64')] } }],
  ['hosts of steps', { yaml: `${STEPS}add_hosts: { a: 10.0.0.2 }\n`, before: STEPS }],
  ['the shared memory of steps', { yaml: `${STEPS}shm_size: 64m\n`, before: STEPS }],
  ['limits of steps', { yaml: `${STEPS}ulimits: { nofile: 64 }\n`, before: STEPS }],
  ['the network', { more: { network: 'host' } }],
  ['the time in the image', { more: { epoch: 1 } }],
  ['the base', { more: { base: `sha256:${'1'.repeat(64)}` } }],
])('the key depends on %s', async (_, changed) => {
  expect(await keyOf(changed)).not.toBe(await keyOf({ yaml: changed.before ?? COPY }));
});

it.each<[string, Case]>([
  ['the folder', {}],
  ['the umask (0077)', { change: (at) => chmod(join(at, 'files/a'), 0o600) }],
  ['the umask (0000)', { change: (at) => chmod(join(at, 'files/a'), 0o666) }],
  ['the umask, for a folder', { change: (at) => chmod(join(at, 'files'), 0o700) }],
  ['the time of a file', { change: (at) => utimes(join(at, 'files/a'), 1, 1) }],
  ['a file that is not copied', { change: (at) => writeFile(join(at, 'other'), 'x') }],
  [
    'how hosts and sizes of steps are written',
    {
      yaml: `${STEPS}add_hosts: [a:10.0.0.2]\nshm_size: 64m\n`,
      before: `${STEPS}add_hosts: { a: 10.0.0.2 }\nshm_size: 67108864\n`,
    },
  ],
  ['a comment', { yaml: `# why\n${COPY}` }],
  ['rules of prune', { yaml: `${COPY}retention: { pinned: true }\n` }],
  ['build order', { yaml: `${COPY}after: [build]\n` }],
  ['facts', { yaml: `${COPY}facts: { tools: [cmake] }\n` }],
])('the key does not depend on %s', async (_, changed) => {
  expect(await keyOf(changed)).toBe(await keyOf({ yaml: changed.before ?? COPY }));
});
