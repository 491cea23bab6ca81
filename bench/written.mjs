// Runs a measurement and puts what it prints into bench/README.md, between the marks of its name, with the machine and the date:
// node bench/written.mjs registry node bench/serve.mjs 1,2
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** The machine that measures, and today. */
export function aboutMachine() {
  const cores = `${cpus().length} cores of ${cpus()[0].model}`;
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const date = new Date().toISOString().slice(0, 10);
  return `Node.js ${process.version}, ${cores}, ${memory}, Linux ${release()}, ${date}`;
}

/** Replaces what is between two marks of a file. */
export function writeBetween(file, mark, text) {
  const path = join(ROOT, file);
  const [begin, end] = [`<!-- begin: ${mark} -->`, `<!-- end: ${mark} -->`];
  const before = readFileSync(path, 'utf8');
  const [head, tail] = [before.split(begin)[0], before.split(end)[1]];
  if (tail === undefined) throw new Error(`${path}: expected the mark ${end}`);
  writeFileSync(path, `${head}${begin}\n\n${text}\n\n${end}${tail}`);
  spawnSync('npx', ['prettier', '--write', path], { cwd: ROOT });
}

if (process.argv[1] === import.meta.filename) {
  const [mark, program, ...args] = process.argv.slice(2);
  const { status, stdout } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}`);
  const said = stdout.trim();
  const shown = said.startsWith('|') ? said : `\`\`\`text\n${said}\n\`\`\``;
  const command = [program, ...args].map((word) => word.replace(/^.*\/(?=[^/=]+$)/, '')).join(' ');
  writeBetween('bench/README.md', mark, `\`${command}\`. ${aboutMachine()}.\n\n${shown}`);
}
