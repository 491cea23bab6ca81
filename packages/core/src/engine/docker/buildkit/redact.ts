/** A shorter line of a secret stands for itself: hiding it would hide half of a log. */
const MIN_CHARACTERS = 4;

/**
 * Makes a function that hides secrets in a line of text: each of their lines becomes `***`. A step that prints a secret must not
 * put it into the logs of a job.
 */
export function redactor(secrets: Iterable<Uint8Array>): (text: string) => string {
  const hidden = [...secrets]
    .flatMap((secret) => Buffer.from(secret).toString().split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line.length >= MIN_CHARACTERS)
    // A secret may contain another.
    .sort((one, other) => other.length - one.length);
  return (text) => hidden.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}
