import { siblingProgram, startProgram } from '../process/index.ts'

/** One connection after the other, each flooded until its end, for `durationMs`; gives the GOAWAY codes, -2 for a connection that stayed. */
export function floodForAWhile(port: number, flood: string, durationMs: number): Promise<readonly number[]> {
  return numbersOf('flood-main', [String(port), flood, String(durationMs)])
}

/** `slowClients` in a process of its own. */
export function slowForAWhile(port: number, client: string, count: number, limitMs: number): Promise<readonly number[]> {
  return numbersOf('slow-main', [String(port), client, String(count), String(limitMs)])
}

/** Runs an attacker until it tells its numbers. It takes only what nobody else needs: what is measured is how the proxy copes. */
async function numbersOf(program: string, args: readonly string[]): Promise<readonly number[]> {
  const child = startProgram(siblingProgram(program, import.meta.url), { name: program, args, prefix: ['nice', '-n', '19'] })
  const numbers = new Promise<readonly number[]>((resolve, reject) => {
    child.process.on('message', (message: { readonly numbers?: readonly number[] }) => {
      if (message.numbers !== undefined) resolve(message.numbers)
    })
    void child.whenExited().then(() => reject(new Error(`${program} ended early\n${child.log.tail(20)}`)))
  })
  try {
    return await numbers
  } finally {
    await child.stop()
  }
}
