import type { JobSummary, PushResult } from '@stowage/core';

/** The table of pushed images for the page of a CI job. */
export function pushSummary(results: readonly PushResult[]): JobSummary {
  return {
    title: 'Pushed images',
    head: ['Image', 'Result', 'Sent', 'Digest'],
    rows: results.map(({ reference, action, bytesSent, digest }) => [
      ...[reference, action, bytesSent, digest ?? ''],
    ]),
  };
}
