/** What is used of it; its own types are for browsers, and not where Node.js's resolution looks. */
declare module '@bokuweb/zstd-wasm' {
  export function init(): Promise<void>;
  export function compress(bytes: Uint8Array, level: number): Uint8Array;
}
