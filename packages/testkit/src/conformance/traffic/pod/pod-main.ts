// A pod's own process in a scenario: serves its endpoints and makes its requests, told what to do over IPC.
import { serveEndpoint } from './echo-port.ts'
import { drive } from './drive.ts'
import type { Answer, Command, Report } from './messages.ts'

const waitingForStep = new Map<number, (index: number) => void>()
let questions = 0

const host = {
  note: (note: Parameters<Parameters<typeof serveEndpoint>[1]['note']>[0]): void => report({ kind: 'note', note }),
  planIndex: (key: string): Promise<number> =>
    new Promise(resolve => {
      const id = questions++
      waitingForStep.set(id, resolve)
      report({ kind: 'plan', id, key })
    }),
}

function report(message: Report): void {
  process.send?.(message)
}

async function perform(command: Exclude<Command, { kind: 'plan-step' }>): Promise<readonly Answer[]> {
  if (command.kind === 'request') return await drive(command.request)
  if (command.kind === 'serve') for (const endpoint of command.endpoints) await serveEndpoint(endpoint, host)
  return []
}

process.on('message', (command: Command) => {
  if (command.kind === 'plan-step') {
    waitingForStep.get(command.id)?.(command.index)
    waitingForStep.delete(command.id)
    return
  }
  perform(command).then(
    answers => report({ kind: 'done', id: command.id, answers }),
    (error: unknown) => report({ kind: 'error', id: command.id, message: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
report({ kind: 'ready' })
