// Runs a Verdaccio on a free port of loopback until the parent process disconnects, and sends its URL as an IPC message;
// without such a parent, until it is interrupted, and prints its URL.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runServer } from 'verdaccio';

const folder = mkdtempSync(join(tmpdir(), 'stowage-registry-'));
const app = await runServer({
  self_path: join(folder, 'config.yaml'),
  storage: join(folder, 'storage'),
  auth: { htpasswd: { file: join(folder, 'htpasswd') } },
  packages: { '@stowage/*': { access: '$all', publish: '$all', unpublish: '$all' } },
  publish: { allow_offline: true },
  web: { enable: false },
  log: { type: 'stdout', format: 'pretty', level: 'error' },
  middlewares: { audit: { enabled: false } },
  max_body_size: '200mb',
});
const server = app.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}/`;
  if (process.send) process.send({ url });
  else console.log(url);
});

function stop() {
  server.close(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
  server.closeAllConnections();
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('disconnect', stop);
