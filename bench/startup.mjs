// Measures startup: node bench/startup.mjs ARCHIVE [PROGRAM…]   (and PROGRAM --version for comparison, as skopeo)
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '../packages/cli/dist/main.js');
const ROUNDS = 15;
const [archive, ...peers] = process.argv.slice(2);
if (archive === undefined) throw new Error('expected an archive: node bench/startup.mjs ARCHIVE');

const commands = {
  'node -e 0': [process.execPath, '-e', '0'],
  'stowage --version': [process.execPath, CLI, '--version'],
  'stowage inspect': [process.execPath, CLI, 'inspect', archive],
  ...Object.fromEntries(peers.map((peer) => [`${peer} --version`, [peer, '--version']])),
};

for (const [name, [program, ...args]] of Object.entries(commands)) {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    const { status, error } = spawnSync(program, args, { stdio: 'ignore' });
    if (status !== 0) throw error ?? new Error(`${name}: exit ${status}`);
    return performance.now() - start;
  }).sort((one, other) => one - other);
  console.log(
    `${name}: ${times[Math.floor(ROUNDS / 2)].toFixed(0)} ms (least ${times[0].toFixed(0)})`,
  );
}
