import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stowage, temporaryFolder } from './run.js';
import { digestOf, pushSmall, readSmall, startServe } from './served.js';

/** The processes that a registry has started (Linux). */
async function workersOf(root: string): Promise<number[]> {
  const found: { readonly pid: number; readonly parent: number }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = (await readFile(`/proc/${name}/cmdline`, 'utf8')).split('\0');
      if (!words.includes(root)) continue;
      const [, parent] =
        /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${name}/status`, 'utf8')) ?? [];
      found.push({ pid: Number(name), parent: Number(parent) });
    } catch {
      // It has ended meanwhile.
    }
  }
  const all = new Set(found.map(({ pid }) => pid));
  return found.flatMap(({ pid, parent }) => (all.has(parent) ? [pid] : []));
}

async function startTwo(...args: readonly string[]) {
  const root = await temporaryFolder();
  const all = ['--workers', '2', '--log', 'none', '--root', root, ...args];
  return { root, ...(await startServe(all, { logs: true })) };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a request on a connection of its own, so that each worker gets some of them. */
function apart(url: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) {
  return new Promise<{ status: number; text: string; location: string }>((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': String(body.length) };
    const options = { method, agent: false, timeout: 3_000, headers: { ...headers, ...length } };
    const sent = request(url, options, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          text,
          location: new URL(answer.headers.location ?? '', url).href,
        }),
      );
    });
    // A connection that was given to a worker just when that was killed is not answered.
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject).end(body);
  });
}

async function metric(url: string, line: RegExp): Promise<number> {
  const { text } = await apart(`${url}/metrics`);
  return Number(line.exec(text)?.[1]);
}

const VERSIONS =
  /^stowage_registry_requests_total\{method="GET",route="version",status="200"\} (\d+)$/m;

describe('a registry of two workers', { timeout: 120_000 }, () => {
  it('serves what was pushed to either, and ends with 0', async () => {
    const { root, url, stop, said } = await startTwo();
    expect(await workersOf(root)).toHaveLength(2);
    const names = Array.from({ length: 20 }, (_, at) => `team${at % 3}/app${at}`);
    const digests = await Promise.all(names.map((name) => pushSmall(url, name, '1')));
    for (const [at, name] of names.entries())
      expect(await readSmall(url, name, '1')).toBe(digests[at]);
    await stop('SIGTERM');
    expect(await workersOf(root)).toEqual([]);
    expect(said()).toBe('');
  });

  it('continues an upload on any connection', async () => {
    const { url } = await startTwo();
    const text = 'the bytes of one blob';
    for (let round = 0; round < 4; round++) {
      const content = `${round} ${text}`;
      const begun = await apart(`${url}/v2/a/blobs/uploads/`, { method: 'POST' });
      const target = begun.location;
      for (let at = 0; at < content.length; at += 5) {
        const body = content.slice(at, at + 5);
        const headers = { 'content-range': `${at}-${at + body.length - 1}` };
        const answer = await apart(target, { method: 'PATCH', body, headers });
        expect([answer.status, answer.text]).toEqual([202, '']);
      }
      const done = await apart(`${target}?digest=${digestOf(content)}`, { method: 'PUT' });
      expect(done.status).toBe(201);
      const read = await apart(`${url}/v2/a/blobs/${digestOf(content)}`);
      expect(read.text).toBe(content);
    }
  });

  it('adds up metrics, also those of a worker that has ended, which is replaced', async () => {
    const { root, url, said } = await startTwo();
    for (let at = 0; at < 10; at++) await apart(`${url}/v2/`);
    expect(await metric(url, VERSIONS)).toBe(10);
    expect(await metric(url, /^stowage_registry_used_bytes (\d+)$/m)).toBeGreaterThan(0);
    const [first = 0, second = 0] = await workersOf(root);
    process.kill(first, 'SIGKILL');
    await expect
      .poll(async () => (await workersOf(root)).filter((pid) => pid !== second), {
        timeout: 60_000,
      })
      .not.toEqual([]);
    expect(said()).toContain(`worker ${first} ended (SIGKILL); another one is started`);
    process.kill(second, 'SIGKILL');
    // None may be left for a moment; the address stays.
    const answers = () =>
      apart(`${url}/v2/`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(answers, { timeout: 60_000 }).toBe(200);
    await expect.poll(async () => (await workersOf(root)).length, { timeout: 60_000 }).toBe(2);
    expect(await metric(url, VERSIONS)).toBeGreaterThan(10);
  });

  it('limits uploads of a client together', async () => {
    const { url } = await startTwo();
    const { port } = new URL(url);
    const begin = () => apart(`${url}/v2/a/blobs/uploads/`, { method: 'POST' });
    const begun = await Promise.all(Array.from({ length: 130 }, begin));
    const answers: string[] = [];
    const sockets = begun.map(({ location }) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('data', (data) => answers.push(data.toString().slice(0, 12)));
      const head = `PATCH ${new URL(location).pathname} HTTP/1.1\r\nhost: localhost`;
      // The rest of the body never comes.
      socket.write(`${head}\r\ncontent-length: 9\r\n\r\nx`);
      return socket;
    });
    // A client may have 125 of them, on whichever worker.
    await expect.poll(() => answers, { timeout: 60_000 }).toEqual(Array(5).fill('HTTP/1.1 429'));
    for (let at = 0; at < 4; at++) expect((await begin()).status).toBe(429);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await begin()).status, { timeout: 60_000 }).toBe(202);
  });

  it('counts wrong passwords together, and reads users again on SIGHUP', async () => {
    const folder = await temporaryFolder();
    const users = join(folder, 'users');
    await stowage(['htpasswd', users, 'ada'], { input: Buffer.from('secret') });
    const { url, said, hangUpSignal } = await startTwo('--htpasswd', users);
    const status = async (user: string, password: string) => {
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      return (await apart(`${url}/v2/`, { headers: { authorization } })).status;
    };
    for (let at = 0; at < 4; at++) expect(await status('ada', 'secret')).toBe(200);
    for (let at = 0; at < 10; at++) expect(await status('ada', `wrong ${at}`)).toBe(401);
    for (let at = 0; at < 4; at++) expect(await status('ada', 'other')).toBe(429);
    for (let at = 0; at < 4; at++) expect(await status('ada', 'secret')).toBe(200);
    hangUpSignal();
    await expect.poll(said).toBe('reloaded users, rules, certificates, limits and retention\n');
    await writeFile(users, 'ada:x\n');
    hangUpSignal();
    await expect.poll(said).toContain('htpasswd, line 1');
  });

  it('tells once what is wrong with its options, with the exit code of that', async () => {
    const { url } = await startTwo();
    const { host } = new URL(url);
    const args = ['serve', '--workers', '2', '--root', await temporaryFolder()];
    const ran = await stowage([...args, '--listen', host]);
    expect([ran.code, ran.stderr.split('another program listens').length]).toEqual([8, 2]);
    const json = await stowage([...args, '--listen', host, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'CONFLICT' } });
    expect((await stowage([...args, '--upstream', 'registry.example.com'])).code).toBe(2);
  });
});
