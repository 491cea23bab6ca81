import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../errors.js';
import type { Bytes } from '../transfer/store.js';
import { readAll } from '../transfer/verified.js';
import { runProgram } from './program.js';

const failed = (stderr: string, code: number | null) =>
  new ImageError('UNAVAILABLE', `${stderr} ${String(code)}`);
const run = (script: string, input?: Bytes) =>
  readAll(runProgram({ location: 'here', command: ['sh', '-c', script], failed }, { input }));

describe('a program', () => {
  it('gets its input, and its output is returned', async () => {
    const input = new PassThrough();
    input.end('some bytes');
    expect(Buffer.from(await run('cat', input)).toString()).toBe('some bytes');
  });

  it('that exits ends the run even if its input stays open', async () => {
    await expect(run('echo no >&2; exit 3', new PassThrough())).rejects.toThrow('no 3');
    expect((await run('exit 0', new PassThrough())).byteLength).toBe(0);
  });

  it('whose input fails is killed, and the error of the input is thrown', async () => {
    async function* failing(): Bytes {
      yield Buffer.from('half');
      throw new TypeError('mine');
    }
    await expect(run('cat; exit 0', failing())).rejects.toThrow('mine');
    await expect(run('exec sleep 60', failing())).rejects.toThrow('mine');
  });

  it('that does not exist is UNAVAILABLE', async () => {
    const command = ['/nonexistent/program'] as const;
    const running = readAll(runProgram({ location: 'here', command, failed }));
    await expect(running).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
