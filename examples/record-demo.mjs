// Writes docs/demo.svg: the terminal of the demo, from its real output. Build first; then node examples/record-demo.mjs
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands whose output is shown, in their order, by a part of them. */
const SHOWN = [
  'nx run hello:image-save',
  'stowage ls',
  'stowage load hello',
  'stowage load hello',
  'image-load',
  'prune --dry-run',
  'hello:broken',
];
const [WIDTH, COLUMNS, LINE, SIZE, PAD] = [960, 118, 18, 13, 20];
/** Time until the next line appears (seconds): of output, of a command. */
const [STEP, PAUSE] = [0.06, 1.2];

const env = { ...process.env, NO_COLOR: '1' };
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [join(import.meta.dirname, 'demo.mjs')],
  { env, encoding: 'utf8' },
);
if (status !== 0) throw new Error(`demo.mjs exited with ${status}\n${stdout}${stderr}`);

const commands = stdout.split(/^(?=\$ )/m).slice(1);
const picked = SHOWN.map((part) => {
  const at = commands.findIndex((each) => each.split('\n')[0].includes(part));
  if (at === -1) throw new Error(`demo.mjs ran no command with "${part}"`);
  return commands.splice(0, at + 1)[at];
});
const lines = picked.flatMap((each) => linesOf(each));
const height = 2 * PAD + lines.length * LINE;
let time = 0;
const texts = lines.map(({ text, kind }, index) => {
  time += kind === 'command' ? PAUSE : STEP;
  const place = `x="${PAD}" y="${PAD + (index + 1) * LINE - 5}"`;
  return `<text class="${kind}" ${place} style="animation-delay:${time.toFixed(2)}s">${escape(text)}</text>`;
});

writeFileSync(
  join(import.meta.dirname, '../docs/demo.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>A terminal: images are saved, listed, loaded, restored, and a damaged one is refused</title>
<style>
  text { font: ${SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #c9d1d9; white-space: pre; animation: show 0.01s both; }
  .command { fill: #7ee787; font-weight: 600; }
  .failure { fill: #ffa198; }
  @keyframes show { from { opacity: 0; } to { opacity: 1; } }
  @media (prefers-reduced-motion: reduce) { text { animation: none; } }
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117" stroke="#30363d"/>
${texts.join('\n')}
</svg>
`,
);

/** A command and what it printed: without times, which depend on the machine, and without what Nx says of itself. */
function linesOf(text) {
  const [command, ...output] = text.split('\n');
  const said = output.filter(
    (line) =>
      line.startsWith('  ') &&
      !/^ {2}(\d+\.\d s| *NX  |. {1,2}nx run|Nx read |Output of | *moving | *[\d.]+ \w?B of )/.test(
        line,
      ),
  );
  const isFailure = /, exit \d+$/m.test(text);
  return [
    { text: command, kind: 'command' },
    ...said.map((line) => ({ text: cut(line.slice(2)), kind: isFailure ? 'failure' : 'output' })),
    { text: '', kind: 'output' },
  ];
}

/** A line as wide as the terminal; digests as their first twelve digits, paths in the workspace without it. */
function cut(line) {
  const short = line
    .replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…')
    .replaceAll(/[^ :]*stowage-demo-\w+\//g, '');
  return short.length > COLUMNS ? `${short.slice(0, COLUMNS - 1)}…` : short;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
