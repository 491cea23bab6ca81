import { ZSTDDecoder } from 'zstddec/stream';
import { expect, it } from 'vitest';
import { zstdProgram } from './zstd-program.js';

it('the decoder is loaded also when another module of the process has loaded it', async () => {
  await new ZSTDDecoder().init();
  expect((await zstdProgram()).ZSTD_createDCtx()).toBeGreaterThan(0);
});

it('the decoder is loaded once, and gives and takes back memory', async () => {
  const program = await zstdProgram();
  expect(await zstdProgram()).toBe(program);
  const context = program.ZSTD_createDCtx();
  expect(context).toBeGreaterThan(0);
  expect(program.ZSTD_freeDCtx(context)).toBe(0);
  // Memory that is freed is used again: a program for all streams does not grow with each.
  const address = program.malloc(1000);
  program.free(address);
  const before = program.memory.buffer.byteLength;
  for (let round = 0; round < 1000; round++) program.free(program.malloc(1 << 20));
  expect(program.memory.buffer.byteLength).toBeLessThanOrEqual(before + (4 << 20));
});
