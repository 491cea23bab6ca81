import { expect, it } from 'vitest';
import { Metrics } from './metrics.js';

it('metrics count answered requests by method, route and status, apart from other metrics', async () => {
  const [metrics, other] = [await Metrics.open(), await Metrics.open()];
  const answered = { method: 'GET', route: 'blob', status: 200, milliseconds: 4 };
  metrics.note(answered);
  metrics.note(answered);
  metrics.note({ ...answered, status: 404 });
  const { type, body } = await metrics.text();
  expect(type).toMatch(/^text\/plain/);
  expect(body).toContain(
    'stowage_registry_requests_total{method="GET",route="blob",status="200"} 2',
  );
  expect(body).toContain(
    'stowage_registry_requests_total{method="GET",route="blob",status="404"} 1',
  );
  // In seconds.
  expect(body).toContain(
    'stowage_registry_request_duration_seconds_bucket{le="0.005",method="GET",route="blob"} 3',
  );
  expect(body).toContain('process_cpu_seconds_total');
  expect((await other.text()).body).not.toContain('route="blob"');
});
