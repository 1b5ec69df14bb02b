/** A thread that compares passwords with their hashes, which takes a tenth of a second each. */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

export type PasswordQuestion = { id: number; password: string; hash: string };
export type PasswordAnswer = { id: number; isRight: boolean };

const port = parentPort;
if (port === null) throw new TypeError('password-worker.ts runs as a worker thread');
port.on('message', ({ id, password, hash }: PasswordQuestion) => {
  const answer: PasswordAnswer = { id, isRight: compareSync(password, hash) };
  port.postMessage(answer);
});
