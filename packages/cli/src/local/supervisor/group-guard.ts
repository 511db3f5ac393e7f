import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type GuardMessage = { readonly kind: 'watch' | 'forget'; readonly group: number }

/**
 * Ends the programs of others if this process dies without being able to: our own modules notice that by their IPC channel,
 * anybody's program does not. One small process for all of them, started with the first.
 * Owned by one supervisor, which calls `close` after all programs have ended.
 */
export class GroupGuard {
  private child: ChildProcess | undefined

  watch(group: number): void {
    this.child ??= this.spawn()
    this.send({ kind: 'watch', group })
  }

  forget(group: number): void {
    this.send({ kind: 'forget', group })
  }

  async close(): Promise<void> {
    const { child } = this
    this.child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.disconnect()
    await gone
  }

  private spawn(): ChildProcess {
    const script = fileURLToPath(import.meta.resolve('@meshwork/cli/group-guard-main'))
    const child = spawn(process.execPath, [...process.execArgv, script], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    child.on('error', () => undefined)
    return child
  }

  private send(message: GuardMessage): void {
    if (this.child?.connected === true) this.child.send(message)
  }
}
