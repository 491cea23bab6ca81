import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { folderOf, NAME, OPTIONS, taskOf } from '../../../testing/task.js';
import save from '../save/executor.js';
import runImage from './executor.js';

/** Docker's API of an engine that has one image. @returns its address */
async function dockerWith(id: string): Promise<string> {
  const image = { Id: id, RepoTags: [`${NAME}:latest`], RepoDigests: [], Size: 1 };
  const server = createServer(({ url = '' }, response) => {
    const body = url.endsWith('/json')
      ? image
      : { Os: 'linux', Arch: 'amd64', ApiVersion: '1.44', MinAPIVersion: '1.24' };
    response.setHeader('content-type', 'application/json');
    response.end(url.endsWith('/_ping') ? 'OK' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A task whose image the engine has, and a program `docker` that notes its arguments and then does this. */
async function start(script?: string) {
  const task = await taskOf();
  await save(OPTIONS, task.context);
  const record = JSON.parse(
    await readFile(join(task.root, `images/app/${NAME}.image.json`), 'utf8'),
  ) as { readonly configDigest: string };
  const host = await dockerWith(record.configDigest);
  const path = await folderOf({});
  if (script !== undefined) {
    await writeFile(
      join(path, 'docker'),
      `#!/bin/sh\necho "$@" > '${path}/arguments'\n${script}\n`,
    );
    await chmod(join(path, 'docker'), 0o755);
  }
  vi.stubEnv('PATH', path);
  task.lines.length = 0;
  const run = () => runImage({ ...OPTIONS, engine: 'docker', host }, task.context);
  return { ...task, host, run, given: () => readFile(join(path, 'arguments'), 'utf8') };
}

afterEach(() => void vi.unstubAllEnvs());

const SUCCESS = { done: false, value: { success: true } };
const FAILURE = { done: false, value: { success: false } };

describe('the target image-run', () => {
  it('runs the image in the engine, and ends with the container', async () => {
    const { run, lines, given, host } = await start('exit 0');
    const task = run();
    expect(await task.next()).toEqual(SUCCESS);
    expect(lines.at(-1)).toMatch(
      new RegExp(`^info: running ${NAME}:latest as ${NAME}-[0-9a-f]{8}$`),
    );
    expect((await task.next()).done).toBe(true);
    expect(await given()).toMatch(new RegExp(`^--host ${host} run --rm .*${NAME}:latest\n$`));
  });

  it('fails with the exit code of the container', async () => {
    const { run, lines } = await start('exit 3');
    const task = run();
    await task.next();
    expect(await task.next()).toEqual(FAILURE);
    expect(lines.at(-1)).toBe(
      `error: INVALID: ${NAME}:latest: the container ended with exit code 3`,
    );
  });

  it('stops and removes the container when the task is stopped, which is no failure', async () => {
    const { run, lines, given } = await start('[ "$3" = rm ] || while :; do :; done');
    const task = run();
    await task.next();
    const ended = task.next();
    process.emit('SIGTERM', 'SIGTERM');
    expect((await ended).done).toBe(true);
    expect(lines.join('\n')).not.toContain('error');
    expect(await given()).toMatch(new RegExp(` rm --force ${NAME}-[0-9a-f]{8}\n$`));
  });

  it('fails where the program of the engine is not installed', async () => {
    const { run, lines } = await start();
    const task = run();
    expect(await task.next()).toEqual(FAILURE);
    expect(lines[0]).toBe('error: UNAVAILABLE: docker: the program does not start');
    expect((await task.next()).done).toBe(true);
  });

  it('fails in an engine that runs no containers', async () => {
    const { context, lines } = await taskOf();
    await save(OPTIONS, context);
    const task = runImage(OPTIONS, context);
    expect(await task.next()).toEqual(FAILURE);
    expect(lines.join('\n')).toContain(': embedded runs no containers');
  });
});
