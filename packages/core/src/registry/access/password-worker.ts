// A thread of the pool runs this.
import { compareSync } from 'bcryptjs';

export interface PasswordJob {
  readonly password: string;
  /** bcrypt. */
  readonly hash: string;
}

export default function fits({ password, hash }: PasswordJob): boolean {
  return compareSync(password, hash);
}
