import { isatty } from 'node:tty'

/** Where a command writes. Standard output is for the answer, standard error for progress and failures. */
export interface Io {
  out(text: string): void
  err(text: string): void
  /** Colour is wanted on standard output: a terminal, and `NO_COLOR` (no-color.org) is unset or empty. */
  readonly color: boolean
}

/** The streams of this process. A reader that went away (`meshctl … | head`) ends the command quietly. */
export function systemIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
  const env = process.env
  const plain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    // `process.stdout.isTTY` is undefined, not false, for a pipe; a library would then look at CI and guess.
    color: isatty(process.stdout.fd) && !plain,
  }
}
