// Runs programs side by side, and gives the medians of their seconds, seconds of CPU and peak memory.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** GNU time, which tells what a child used. */
const TIME = ['/usr/bin/time', '-q', '-f', '%e %U %S %M', '-o'];

export function has(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

/** Runs a program to its end. @throws with what it said if it fails */
export function run(command, { cwd, env }) {
  const [program, ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
  });
  if (error || status !== 0) throw new Error(`${command.join(' ')}: ${error ?? stderr}`);
  return stdout;
}

/**
 * Runs every tool once in each round, so that other load of the machine affects all of them.
 *
 * @param tools commands by the name of their tool; those that are not installed are left out.
 * @param before runs before each of them.
 */
export function measure(tools, { rounds, before, cwd, env }) {
  const used = join(cwd, 'used');
  const results = {};
  const there = Object.entries(tools).filter(([, [program]]) => has(program));
  for (let round = 0; round < rounds; round++)
    for (const [tool, command] of there) {
      before();
      spawnSync('sync');
      run([...TIME, used, ...command], { cwd, env });
      const [seconds, user, system, kib] = readFileSync(used, 'utf8').trim().split(' ').map(Number);
      (results[tool] ??= []).push({ seconds, cpu: user + system, mib: kib / 1024 });
    }
  return Object.fromEntries(Object.entries(results).map(([tool, all]) => [tool, medians(all)]));
}

function medians(all) {
  const median = (key) => {
    const sorted = all.map((each) => each[key]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  };
  return { seconds: median('seconds'), cpu: median('cpu'), mib: median('mib') };
}
