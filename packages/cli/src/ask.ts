import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ImageError } from '@stowage/core';
import { print } from './print/print.js';
import { text } from './print/text.js';
import type { Io } from './verb.js';

/** A question to the user. */
export interface Question {
  readonly label: string;
  /** Show nothing of the answer, as for a password. */
  readonly hidden?: boolean;
}

/** Whether a user can be asked: questions are printed on standard error and answered on standard input. */
export function canAsk({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY && stderr.isTTY;
}

/**
 * Asks questions on the terminal, one after the other. @throws ImageError USAGE when the input ends before all are answered;
 * the reason of the signal, also after Ctrl-C
 */
export function ask({ stdin, stderr, signal }: Io, questions: readonly Question[]) {
  return new Promise<string[]>((resolve, reject) => {
    const answers: string[] = [];
    let isHidden = false;
    const echo = new Writable({
      write: (chunk: Buffer, _, done) => {
        if (!isHidden) stderr.write(chunk);
        done();
      },
    });
    const lines = createInterface({ input: stdin, output: echo, terminal: true, historySize: 0 });
    const askNext = (): void => {
      const question = questions[answers.length];
      isHidden = false;
      if (!question) return lines.close();
      lines.setPrompt(`${question.label}: `);
      lines.prompt();
      isHidden = question.hidden === true;
    };
    lines.on('line', (answer) => {
      // The line break was not shown either.
      if (isHidden) print(stderr, text`\n`);
      answers.push(answer);
      askNext();
    });
    // A terminal that is read key by key sends no signal for Ctrl-C.
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    const abort = (): void => lines.close();
    signal.addEventListener('abort', abort, { once: true });
    lines.on('close', () => {
      signal.removeEventListener('abort', abort);
      if (answers.length === questions.length) return resolve(answers);
      print(stderr, text`\n`);
      const unanswered = questions[answers.length]?.label;
      reject(
        signal.aborted
          ? (signal.reason as Error)
          : new ImageError('USAGE', `${unanswered}: no answer; standard input has ended`),
      );
    });
    askNext();
  });
}
