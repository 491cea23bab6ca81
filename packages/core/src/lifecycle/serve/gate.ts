import { Access } from '../../registry/access/access.js';
import { accessFor, hostCheckFor, type AccessControl } from './serve-access.js';

/** Which clients a registry admits: users, rules and host names, which can be replaced while it runs. */
export class Gate implements AsyncDisposable {
  readonly access: Access;
  readonly #host: string;
  #check: ReturnType<typeof hostCheckFor>;

  private constructor(host: string, access: Access, check: ReturnType<typeof hostCheckFor>) {
    this.#host = host;
    this.access = access;
    this.#check = check;
  }

  /** @param host the address to listen on. @throws ImageError USAGE */
  static async open(
    host: string,
    control: AccessControl,
    passwords?: ConstructorParameters<typeof Access>[1],
  ): Promise<Gate> {
    const check = hostCheckFor(host, control);
    return new Gate(host, new Access(await accessFor(host, control), passwords), check);
  }

  /** Throws for a host name that is not one of the registry. */
  readonly checkHost = (name: string | undefined): void => this.#check?.(name);

  /** Replaces users, rules and host names. @throws ImageError USAGE; then the old ones stay */
  async update(control: AccessControl): Promise<void> {
    const check = hostCheckFor(this.#host, control);
    this.access.update(await accessFor(this.#host, control));
    this.#check = check;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.access[Symbol.asyncDispose]();
  }
}
