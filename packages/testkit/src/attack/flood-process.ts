import { siblingProgram, startProgram } from '../process/index.ts'

/** One connection after the other, each flooded until its end, for `durationMs`; gives the GOAWAY codes, -2 for a connection that stayed. */
export async function floodForAWhile(port: number, flood: string, durationMs: number): Promise<readonly number[]> {
  const args = [String(port), flood, String(durationMs)]
  // It takes only what nobody else needs: what is measured is how the proxy copes, not how many processors there are.
  const child = startProgram(siblingProgram('flood-main', import.meta.url), { name: 'flood', args, prefix: ['nice', '-n', '19'] })
  const codes = new Promise<readonly number[]>((resolve, reject) => {
    child.process.on('message', (message: { kind?: string; codes?: readonly number[] }) => {
      if (message.kind === 'flooded') resolve(message.codes ?? [])
    })
    void child.whenExited().then(() => reject(new Error(`the flood ended early\n${child.log.tail(20)}`)))
  })
  try {
    return await codes
  } finally {
    await child.stop()
  }
}
