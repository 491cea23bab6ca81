import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '../node_modules/.cache/node');
const SYSTEM = process.platform === 'win32' ? 'win' : process.platform;

/**
 * Installs a version of Node.js from the npm registry, for this machine unless another system or architecture is named.
 *
 * @returns {string} the folder of its package, with `bin` and LICENSE
 */
export function installNode(version, { system = SYSTEM, arch = process.arch } = {}) {
  const name = `node-${system}-${arch}`;
  const prefix = join(CACHE, `${version}-${system}-${arch}`);
  const folder = join(prefix, 'node_modules', name);
  if (existsSync(join(folder, 'bin'))) return folder;
  // npm refuses packages of another system, but with --force.
  const isForeign = system !== SYSTEM || arch !== process.arch;
  const flags = ['--no-audit', '--no-fund', '--no-save', ...(isForeign ? ['--force'] : [])];
  const install = ['install', '--prefix', prefix, ...flags, `${name}@${version}`];
  const shell = SYSTEM === 'win';
  const { status, stderr } = spawnSync('npm', install, { stdio: 'pipe', encoding: 'utf8', shell });
  if (status !== 0) throw new Error(`expected ${name} ${version} from npm, got none\n${stderr}`);
  return folder;
}
