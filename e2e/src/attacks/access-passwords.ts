import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../run.js';
import { startServe } from '../served.js';
import { ask, basic } from './raw.js';

async function serveWith(cost: number) {
  const folder = await temporaryFolder();
  const file = join(folder, 'users');
  await writeFile(file, `ada:${await hash('secret', cost)}\nbob:${await hash('other', cost)}\n`);
  return startServe(['--root', join(folder, 'root'), '--htpasswd', file]);
}

export function passwordAttacks(): void {
  it('that guesses passwords is refused by address, while other clients and known logins are served', async () => {
    const { url } = await serveWith(11);
    const login = (password: string, from?: string) =>
      ask(`${url}/v2/`, { headers: basic('ada', password), ...(from ? { from } : {}) });
    expect((await login('secret')).status).toBe(200);
    let answered = 0;
    const wrong = Array.from({ length: 60 }, async (_, at) => {
      const answer = await login(`wrong ${at}`);
      answered++;
      return answer;
    });
    // Ten passwords are still being hashed in threads when the others are refused.
    await expect.poll(() => answered, { interval: 5, timeout: 30_000 }).toBeGreaterThanOrEqual(50);
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    expect((await login('secret')).status).toBe(200);
    expect(answered).toBeLessThan(60);
    const answers = await Promise.all(wrong);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50);
    const retry = answers.find(({ status }) => status === 429)?.headers['retry-after'];
    expect(Number(retry)).toBeGreaterThan(0);
    expect(Number(retry)).toBeLessThanOrEqual(60);
    // Even the right password is refused from this address; it is accepted from another one.
    const bob = { headers: basic('bob', 'other') };
    expect((await ask(`${url}/v2/`, bob)).status).toBe(429);
    expect((await ask(`${url}/v2/`, { ...bob, from: '127.0.0.2' })).status).toBe(200);
    expect((await login('secret')).status).toBe(200);
  });

  it('cannot find out user names: an unknown one is answered and limited like a known one', async () => {
    const { url } = await serveWith(8);
    for (const [user, from] of [
      ['ada', '127.0.0.3'],
      ['eve', '127.0.0.4'],
    ] as const) {
      const statuses: number[] = [];
      for (let at = 0; at < 12; at++)
        statuses.push((await ask(`${url}/v2/`, { headers: basic(user, `x${at}`), from })).status);
      expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    }
  });
}
