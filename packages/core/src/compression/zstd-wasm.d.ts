/** The functions in use; the package's own types are for browsers, and Node.js does not resolve them. */
declare module '@bokuweb/zstd-wasm' {
  export function init(): Promise<void>;
  export function compress(bytes: Uint8Array, level: number): Uint8Array;
}
