// What the worker threads of threads.ts run.
import { hashExtent, type HashJob, type HashResult } from './hash-extent.js';

/** What a job became. An error that is thrown here would lose its code on the way to the other thread. */
export type Outcome =
  | { readonly hashed: HashResult }
  | {
      readonly failure: {
        readonly message: string;
        readonly code?: unknown;
        readonly syscall?: unknown;
      };
    };

export default async function run(job: HashJob): Promise<Outcome> {
  try {
    return { hashed: await hashExtent(job) };
  } catch (error) {
    const { message, code, syscall } = error as NodeJS.ErrnoException;
    return { failure: { message, code, syscall } };
  }
}
