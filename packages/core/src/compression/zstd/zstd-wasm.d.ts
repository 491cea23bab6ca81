/** The function in use; the package's own types are for browsers, and Node.js does not resolve them. */
declare module '@bokuweb/zstd-wasm' {
  export function init(): Promise<void>;
}
