type Bytes = AsyncIterable<Uint8Array>;

/** Decompresses xz; several streams in a row are read as one. @throws Error when it is damaged or truncated */
export async function* unxz(bytes: Bytes): Bytes {
  const { default: xz } = await import('xz-decompress');
  const chunks = bytes[Symbol.asyncIterator]();
  const input = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
    },
    { highWaterMark: 0 },
  );
  try {
    yield* new xz.XzReadableStream(input);
  } finally {
    await chunks.return?.();
  }
}
