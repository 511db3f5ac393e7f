/** Exit codes of every command. Scripts rely on them; `meshctl help` prints this table. */
export const EXIT = {
  /** Done, and the answer is good. */
  ok: 0,
  /** Done, and the answer is bad: findings, a process that is down, a check that did not hold. */
  bad: 1,
  /** The command line itself is wrong: unknown command or option, missing or malformed value. */
  usage: 2,
  /** Could not be done: a port in use, no mesh running, a file that is missing or broken. */
  failed: 3,
} as const

export const EXIT_HELP = `Exit codes:
  0  done, and all is well
  1  done, and the answer is bad (findings, something down, a check that did not hold)
  2  the command line is wrong
  3  could not be done (port in use, no mesh running, unreadable file)`
