import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { describeWith } from './peers.js';
import {
  COMMAND,
  PROGRAM,
  SCRIPT,
  cleanEnvironment,
  run,
  stowage,
  temporaryFolder,
} from './run.js';
import { startServe } from './served.js';

/** Splits the output of a terminal at line breaks and cursor movements. */
function splitOutput(text: string): string[] {
  // eslint-disable-next-line no-control-regex
  return text.split(/\r|\n|\u001b\[[0-9?;]*[A-Za-z]/).filter((piece) => piece !== '');
}

const RED = '\u001b[31m';

describeWith(['script', 'stty'], 'in a terminal of 80 columns', () => {
  const inTerminal = async (command: string, cwd: string, setting = '') => {
    const line = `stty cols 80; ${setting} ${COMMAND.join(' ')} ${command}`;
    const { stdout } = await run('script', ['-qefc', line, '/dev/null'], {
      cwd,
      env: { TERM: 'screen-256color' },
    });
    return stdout;
  };

  it('draws a bar for each layer and one for the total, and removes them at the end', async () => {
    const cwd = await createWorkspace();
    const other = DEFINITION.replace('gcc15', 'top');
    await put(
      cwd,
      `${other}/image.yaml`,
      `project: app\nos: ubuntu-25.04\nvariant: top\nbase: ${NAME}\ncopy: [{ from: files, to: /top }]\n`,
    );
    for (const folder of [DEFINITION, other]) {
      await put(cwd, `${folder}/files/small`, 'x');
      await writeFile(join(cwd, folder, 'files/big'), randomBytes(150_000_000));
      expect((await stowage(['build', folder, '--save'], { cwd })).code).toBe(0);
    }
    const said = await inTerminal('load app-ubuntu-25.04-top --engine embedded', cwd);
    const shown = splitOutput(said);
    for (const piece of shown) expect(piece.length).toBeLessThan(80);
    const bars = new Set(
      shown.flatMap((piece) => /^ {2}([0-9a-f]{12}|all) +[=-]+ +\d+%/.exec(piece)?.[1] ?? []),
    );
    expect([...bars].filter((name) => name !== 'all')).toHaveLength(2);
    expect(bars).toContain('all');
    expect(shown.at(-1)).toContain('app-ubuntu-25.04-top');
    // The cursor is visible again.
    expect(said.lastIndexOf('\u001b[?25h')).toBeGreaterThan(said.lastIndexOf('\u001b[?25l'));
    // No bars without a terminal.
    const piped = await run(PROGRAM, [...SCRIPT, 'load', NAME, '--engine', 'embedded'], { cwd });
    expect(piped.stderr + piped.stdout).not.toContain('%');
  });

  it('prints errors in colour, unless NO_COLOR is set or stderr is no terminal', async () => {
    const cwd = await createWorkspace();
    const inColour = (command: string) => inTerminal(command, cwd, 'env -u NO_COLOR -u CI');
    expect(await inColour('load ./nope.tar')).toContain(`${RED}stowage:`);
    expect(await inColour('load --nope')).toContain(`${RED}error:`);
    expect(await inTerminal('load ./nope.tar', cwd, 'env NO_COLOR=1')).not.toContain(RED);
    const { stderr } = await run('env', ['-u', 'NO_COLOR', ...COMMAND, 'load', 'x.tar'], { cwd });
    expect(stderr).toMatch(/^stowage: /);
  });

  it('asks for a login, shows nothing of the password, and asks nobody without a terminal', async () => {
    const cwd = await temporaryFolder();
    const users = join(cwd, 'users');
    await stowage(['htpasswd', users, 'ada'], { input: Buffer.from('secret\n') });
    const root = await temporaryFolder();
    const { host } = await startServe([
      '--listen',
      '127.0.0.1:0',
      '--root',
      root,
      '--htpasswd',
      users,
    ]);
    const login = `login ${host} --auth-file auth.json`;
    const asked = await converse(login, cwd, { 'User name: ': 'ada\r', 'Password: ': 'secret\r' });
    expect(asked).toMatchObject({ code: 0 });
    expect(asked.shown).toMatch(/User name: .*ada\s+.*Password: /s);
    expect(asked.shown).toContain('logged in as ada');
    expect(asked.shown).not.toContain('secret');
    expect(await readFile(join(cwd, 'auth.json'), 'utf8')).toContain(host);
    const named = await converse(`${login} -u ada`, cwd, { 'Password: ': 'wrong\r' });
    expect(named).toMatchObject({ code: 5 });
    expect(named.shown).not.toContain('User name');
    const stopped = await converse(login, cwd, { 'User name: ': 'ada\r', 'Password: ': '\u0003' });
    expect(stopped).toMatchObject({ code: 130 });
    const ended = await converse(login, cwd, { 'User name: ': '\u0004' });
    expect(ended).toMatchObject({ code: 2 });
    const { code, stderr } = await run(PROGRAM, [...SCRIPT, 'login', host], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('needs a user name and a password'),
    ]);
  });
});

/** Runs a command in a terminal, and answers each of its questions once it is shown. */
async function converse(
  command: string,
  cwd: string,
  answers: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const line = `${COMMAND.join(' ')} ${command}`;
  const child = spawn('script', ['-qefc', line, '/dev/null'], { cwd, env: cleanEnvironment() });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  const left = Object.entries(answers);
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [next] = left;
    if (!next || !shown.includes(next[0])) return;
    child.stdin.write(next[1]);
    left.shift();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, shown };
}
