// Verifies every byte of an archive; exits with 1 if it finds a problem: verify-archive.ts ARCHIVE
import { ImageError, openArchive, verifySource } from '@stowage/core';

const [path = 'app.tar'] = process.argv.slice(2);

try {
  const { source } = await openArchive(path);
  await using archive = source;
  const { images, bytes, problems } = await verifySource(archive);
  for (const { code, image, member, message } of problems)
    console.log(`${code} ${image ?? '-'} ${member ?? '-'}: ${message}`);
  console.log(`${images} images, ${bytes} bytes hashed, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
} catch (error) {
  // Not an archive, or too damaged to list its images.
  if (!(error instanceof ImageError)) throw error;
  console.log(`${error.code}: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`);
  process.exitCode = 1;
}
