/** A signal that is aborted when the task is stopped. Dispose it when the task ends. */
export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Listens for the end of the task: a signal, or the end of the process that started it. */
export function stopSignal(): StopSignal {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  // Nx 22 stops a task without a signal: it exits, which closes the IPC channel.
  process.once('disconnect', stop);
  return {
    signal: stopped.signal,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, stop);
      process.off('disconnect', stop);
    },
  };
}
