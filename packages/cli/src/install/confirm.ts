import { createInterface } from 'node:readline/promises'
import { isatty } from 'node:tty'
import { usage } from '../command/values.ts'

/** Asks on the terminal; anything but yes is no. Without a terminal the answer must be on the command line. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  if (!isatty(process.stdin.fd)) throw usage('there is no terminal to ask on', 'add -y to go ahead without a question')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim())
  } finally {
    terminal.close()
  }
}
