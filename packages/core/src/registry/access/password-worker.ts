// Entry point of the pool's threads.
import { compareSync } from 'bcryptjs';

export interface PasswordJob {
  readonly password: string;
  /** bcrypt hash. */
  readonly hash: string;
}

export default function fits({ password, hash }: PasswordJob): boolean {
  return compareSync(password, hash);
}
