import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of ours in a process of its own that answers each message with one message. */
export class MessageProcess<Command extends object, Answer> {
  readonly pid: number
  private readonly child: ChildProcess

  private constructor(child: ChildProcess) {
    this.child = child
    this.pid = child.pid ?? -1
  }

  /** `core`: the processor it is bound to; undefined: any. Resolves with its first message. */
  static async start<Command extends object, Answer>(
    program: string,
    args: readonly string[],
    core?: number,
  ): Promise<{ process: MessageProcess<Command, Answer>; first: unknown }> {
    const node = [process.execPath, ...process.execArgv, fileURLToPath(new URL(program, import.meta.url)), ...args]
    const [command = '', ...rest] = core === undefined ? node : ['taskset', '-c', String(core), ...node]
    const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [first] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${program} ended with ${String(code)}`))),
    ])
    return { process: new MessageProcess(child), first }
  }

  async ask(command: Command): Promise<Answer> {
    const answer = once(this.child, 'message')
    this.child.send(command)
    const [message] = await answer
    return message
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }
}
