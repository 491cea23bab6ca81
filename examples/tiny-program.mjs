// A static Linux program of about 200 bytes, so that an image built from scratch has something to run.

/** An ELF executable that prints `text` and exits; undefined for an unsupported architecture. */
export function tinyProgram(text, architecture = process.arch) {
  const message = Buffer.from(text);
  const code = { x64, arm64 }[architecture]?.(message.length);
  if (!code) return undefined;
  const [header, load] = [0x40, 0x400000];
  const start = header + 0x38;
  const size = start + code.length + message.length;
  const elf = Buffer.alloc(size);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  elf.writeUInt16LE(2, 16); // an executable
  elf.writeUInt16LE(architecture === 'x64' ? 62 : 183, 18);
  elf.writeUInt32LE(1, 20);
  elf.writeBigUInt64LE(BigInt(load + start), 24); // entry point
  elf.writeBigUInt64LE(BigInt(header), 32);
  elf.writeUInt16LE(0x40, 52);
  elf.writeUInt16LE(0x38, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, header); // one segment, loaded
  elf.writeUInt32LE(5, header + 4); // readable, executable
  elf.writeBigUInt64LE(BigInt(load), header + 16);
  elf.writeBigUInt64LE(BigInt(load), header + 24);
  elf.writeBigUInt64LE(BigInt(size), header + 32);
  elf.writeBigUInt64LE(BigInt(size), header + 40);
  elf.writeBigUInt64LE(0x1000n, header + 48);
  elf.set(code, start);
  elf.set(message, start + code.length);
  return elf;
}

/** write(1, message, length); exit(0) — the message follows the code. */
function x64(length) {
  const code = Buffer.from([
    0xb8,
    1,
    0,
    0,
    0, // mov eax, 1 (write)
    0xbf,
    1,
    0,
    0,
    0, // mov edi, 1 (stdout)
    0x48,
    0x8d,
    0x35,
    0,
    0,
    0,
    0, // lea rsi, [rip + message]
    0xba,
    0,
    0,
    0,
    0, // mov edx, length
    0x0f,
    0x05, // syscall
    0xb8,
    60,
    0,
    0,
    0, // mov eax, 60 (exit)
    0x31,
    0xff, // xor edi, edi
    0x0f,
    0x05, // syscall
  ]);
  code.writeInt32LE(code.length - 17, 13);
  code.writeInt32LE(length, 18);
  return code;
}

function arm64(length) {
  const words = [
    0xd2800020, // mov x0, #1
    0x100000e1, // adr x1, message (28 bytes on)
    0xd2800002 | (length << 5), // mov x2, #length
    0xd2800808, // mov x8, #64 (write)
    0xd4000001, // svc #0
    0xd2800000, // mov x0, #0
    0xd2800ba8, // mov x8, #93 (exit)
    0xd4000001, // svc #0
  ];
  const code = Buffer.alloc(words.length * 4);
  words.forEach((word, at) => code.writeUInt32LE(word >>> 0, at * 4));
  return code;
}
