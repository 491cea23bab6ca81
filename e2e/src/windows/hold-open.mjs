// Opens each file below a folder for a moment when it appears, as a virus scanner does; until the file `stop` is there. Arguments: the
// folder, and how long a file stays open (ms); without a time, the files that are there now stay open. Makes `ready` there when it has
// looked once.
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder, ms] = process.argv.slice(2);
const held = new Set();
const isReady = () => existsSync(join(folder, 'ready'));
while (!existsSync(join(folder, 'stop'))) {
  for (const name of ms || !isReady() ? namesBelow() : []) {
    if (held.has(name)) continue;
    held.add(name);
    try {
      const file = openSync(join(folder, name), 'r');
      if (ms) void sleep(Number(ms)).then(() => closeSync(file));
    } catch {
      // A folder, or a file that is gone again.
    }
  }
  if (!isReady()) writeFileSync(join(folder, 'ready'), '');
  await sleep(20);
}
process.exit();

function namesBelow() {
  try {
    return readdirSync(folder, { recursive: true });
  } catch {
    // A folder was deleted meanwhile: the next look is soon.
    return [];
  }
}
