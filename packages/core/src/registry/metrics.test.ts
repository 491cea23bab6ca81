import { expect, it } from 'vitest';
import { countsOf, Metrics, type MetricsValues } from './metrics.js';

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

it('metrics of several processes are added up, and the storage is that of the one that is asked', async () => {
  const facts = { usedBytes: 7, freeBytes: 5, paths: [], uploads: 1, damagedBlobs: 0 };
  const answered = { method: 'GET', route: 'blob', status: 200, milliseconds: 4 };
  const [other, ended] = [await Metrics.open({ storage: async () => facts }), await Metrics.open()];
  for (const metrics of [other, ended]) metrics.note(answered);
  const values = [await other.values(), await countsOf([await ended.values(), []])];
  // As it comes from another process.
  const received = JSON.parse(JSON.stringify(values)) as MetricsValues[];
  const asked = await Metrics.open({ storage: async () => facts, others: async () => received });
  asked.note(answered);
  const { body } = await asked.text();
  expect(body).toContain(
    'stowage_registry_requests_total{method="GET",route="blob",status="200"} 3',
  );
  expect(body).toMatch(/request_duration_seconds_count\{.*route="blob".*\} 3/);
  expect(body).toMatch(/^stowage_registry_used_bytes 7$/m);
  expect(body.match(/^# TYPE process_resident_memory_bytes/gm)).toHaveLength(1);
});
