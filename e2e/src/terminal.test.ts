import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createWorkspace, DEFINITION, NAME, put } from './fixture.js';
import { describeWith } from './peers.js';
import { CLI, run, stowage } from './run.js';

/** Splits the output of a terminal at line breaks and cursor movements. */
function splitOutput(text: string): string[] {
  // eslint-disable-next-line no-control-regex
  return text.split(/\r|\n|\u001b\[[0-9?;]*[A-Za-z]/).filter((piece) => piece !== '');
}

const RED = '\u001b[31m';

describeWith(['script', 'stty'], 'in a terminal of 80 columns', () => {
  const inTerminal = async (command: string, cwd: string, setting = '') => {
    const line = `stty cols 80; ${setting} ${process.execPath} ${CLI} ${command}`;
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
    const piped = await run(process.execPath, [CLI, 'load', NAME, '--engine', 'embedded'], { cwd });
    expect(piped.stderr + piped.stdout).not.toContain('%');
  });

  it('prints errors in colour, unless NO_COLOR is set or stderr is no terminal', async () => {
    const cwd = await createWorkspace();
    const inColour = (command: string) => inTerminal(command, cwd, 'env -u NO_COLOR -u CI');
    expect(await inColour('load ./nope.tar')).toContain(`${RED}stowage:`);
    expect(await inColour('load --nope')).toContain(`${RED}error:`);
    expect(await inTerminal('load ./nope.tar', cwd, 'env NO_COLOR=1')).not.toContain(RED);
    const { stderr } = await run(
      'env',
      ['-u', 'NO_COLOR', process.execPath, CLI, 'load', 'x.tar'],
      { cwd },
    );
    expect(stderr).toMatch(/^stowage: /);
  });
});
