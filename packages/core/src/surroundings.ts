import { homedir } from 'node:os';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment, home folder and clock that the library works with. */
export interface Surroundings {
  readonly env: Environment;
  /** The user's home folder. */
  readonly home: string;
  /** Returns the current time, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Surroundings as a program gives them; those of its process when omitted. */
export type GivenSurroundings = {
  readonly [Key in keyof Surroundings]?: Surroundings[Key] | undefined;
};

/**
 * Completes given surroundings by those of this process: its environment, `$HOME` or else the user's home folder, and
 * the clock. Only functions that programs call use this; inside the library, surroundings are handed down.
 */
export function surroundingsOf(given: GivenSurroundings = {}): Surroundings {
  const { env = process.env, now = () => Date.now() } = given;
  return { env, now, home: given.home ?? env['HOME'] ?? homedir() };
}
