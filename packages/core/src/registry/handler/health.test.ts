import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { storeWith } from '../../../testing/image.js';
import { ImageError } from '../../errors.js';
import { RegistryArchives } from '../archives.js';
import { registryHandler } from './handler.js';
import { Health } from './health.js';

it('says in few words why the storage cannot be used, and looks again later', async () => {
  let error: Error | undefined = new ImageError('NO_SPACE', '/secret/root: expected room');
  const health = new Health(
    async () => {
      if (error) throw error;
    },
    { maxAge: 0 },
  );
  expect(await health.problem()).toBe('storage: no space left');
  error = Object.assign(new Error('EROFS: /secret/root'), { code: 'EROFS' });
  expect(await health.problem()).toBe('storage: cannot be written');
  error = undefined;
  expect(await health.problem()).toBeUndefined();
});

it('checks once for many clients, and tells when the storage does not answer', async () => {
  let checks = 0;
  let end = (): void => undefined;
  const check = () => {
    checks++;
    return new Promise<void>((resolve) => (end = resolve));
  };
  const health = new Health(check, { maxAge: 1e9, maxWait: 1 });
  const all = Array.from({ length: 20 }, () => health.problem());
  expect(new Set(await Promise.all(all))).toEqual(new Set(['storage: does not answer']));
  expect(await health.problem()).toBe('storage: does not answer');
  expect(checks).toBe(1);
  end();
  await new Promise(setImmediate);
  expect(await health.problem()).toBeUndefined();
  expect(checks).toBe(1);
});

it('is answered at /healthz with 503', async () => {
  const source = await storeWith('a:1');
  const reader = await RegistryArchives.open([{ source, reference: undefined }], {});
  const check = async () => {
    throw new ImageError('NO_SPACE', 'x');
  };
  const server = createServer(registryHandler({ reader, check }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`);
  expect([answer.status, await answer.text()]).toEqual([503, 'storage: no space left\n']);
});
