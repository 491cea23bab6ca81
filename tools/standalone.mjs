// Writes the built command as files that contain Node.js, for Linux machines without it:
//   node tools/standalone.mjs FOLDER [x64|arm64 …]   (both when omitted)
// FOLDER gets stowage-linux-x64, stowage-linux-arm64, the licences of what is in them, and SHA256SUMS.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postject from 'postject';
import { installNode } from './node-from-npm.mjs';
import { bundleCommand } from './standalone/bundle.mjs';

/** Not the newest: 26 needs libatomic, which small systems do not have. 24 runs with glibc 2.28 and libstdc++. */
const NODE_VERSION = '24.21.0';
/** SHA-256 of the programs, as in the lock of other packages. */
const NODE_DIGESTS = {
  x64: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
  arm64: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
};
const ROOT = join(import.meta.dirname, '..');
/** Node.js looks for this in itself, and runs what was injected when the text ends in 1. */
const SENTINEL = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const [output, ...chosen] = process.argv.slice(2);
const architectures = chosen.length > 0 ? chosen : Object.keys(NODE_DIGESTS);
if (output === undefined || !architectures.every((each) => each in NODE_DIGESTS))
  throw new Error('usage: node tools/standalone.mjs FOLDER [x64|arm64 …]');

const { code, licences } = await bundleCommand();
const blob = toBlob(code);
mkdirSync(output, { recursive: true });
const names = [];
for (const arch of architectures) {
  const name = `stowage-linux-${arch}`;
  const file = join(output, name);
  copyFileSync(nodeOf(arch), file);
  await postject.inject(file, 'NODE_SEA_BLOB', blob, { sentinelFuse: SENTINEL });
  chmodSync(file, 0o755);
  names.push(name);
}
names.push(writeLicences(licences));
const sums = names.map((name) => `${digestOf(join(output, name))}  ${name}\n`);
writeFileSync(join(output, 'SHA256SUMS'), sums.join(''));

/** The program of an architecture. */
function nodeOf(arch) {
  const file = join(installNode(NODE_VERSION, { system: 'linux', arch }), 'bin/node');
  const digest = digestOf(file);
  if (digest !== NODE_DIGESTS[arch])
    throw new Error(`${file}: expected SHA-256 ${NODE_DIGESTS[arch]}, got ${digest}`);
  return file;
}

/** The blob to inject: the same for all architectures, as it holds no compiled code. */
function toBlob(source) {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-standalone-'));
  try {
    const [main, config, blob] = ['main.cjs', 'config.json', 'blob'].map((name) =>
      join(folder, name),
    );
    writeFileSync(main, source);
    const options = { main, output: blob, disableExperimentalSEAWarning: true };
    writeFileSync(config, JSON.stringify(options));
    const node = join(installNode(NODE_VERSION), 'bin/node');
    const { status, stderr } = spawnSync(node, ['--experimental-sea-config', config]);
    if (status !== 0) throw new Error(`expected a blob from Node.js, got\n${String(stderr)}`);
    return readFileSync(blob);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the name of the file */
function writeLicences(ofPackages) {
  const name = 'stowage-linux-licences.txt';
  const texts = [
    ['Stowage', readFileSync(join(ROOT, 'LICENSE'), 'utf8')],
    ['Node.js', readFileSync(join(installNode(NODE_VERSION), 'LICENSE'), 'utf8')],
    ['Packages', ofPackages],
    [
      'Packages in @stowage/core',
      readFileSync(join(ROOT, 'packages/core/dist/THIRD-PARTY-NOTICES.txt'), 'utf8'),
    ],
  ];
  const rule = '='.repeat(80);
  const sections = texts.map(([title, text]) => `${rule}\n${title}\n${rule}\n\n${text}`);
  writeFileSync(join(output, name), sections.join('\n'));
  return name;
}

function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
