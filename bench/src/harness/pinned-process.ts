import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const READY_MS = 20_000
const POLL_MS = 50

/** A program bound to one core, killed with `stop`. */
export class PinnedProcess {
  readonly pid: number
  private readonly child: ChildProcess
  private output = ''
  private printed = ''

  constructor(core: number, command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn('taskset', ['-c', `${core}`, command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.pid = this.child.pid ?? -1
    const collect = (part: Buffer): void => {
      this.output = (this.output + part.toString()).slice(-4000)
    }
    this.child.stdout?.on('data', (part: Buffer) => {
      if (!this.printed.includes('\n')) this.printed += part.toString()
      collect(part)
    })
    this.child.stderr?.on('data', collect)
    this.child.on('error', error => collect(Buffer.from(error.message)))
  }

  /** Resolves when something accepts on `port`. */
  async accepts(port: number): Promise<void> {
    const end = performance.now() + READY_MS
    while (performance.now() < end && this.child.exitCode === null) {
      if (await canConnect(port)) return
      await delay(POLL_MS)
    }
    throw new Error(`nothing accepts on 127.0.0.1:${port}: ${this.output}`)
  }

  /** The first line that it prints. */
  async firstLine(): Promise<string> {
    const end = performance.now() + READY_MS
    while (performance.now() < end && this.child.exitCode === null) {
      const [line, rest] = this.printed.split('\n')
      if (line !== undefined && rest !== undefined) return line
      await delay(POLL_MS)
    }
    throw new Error(`nothing printed: ${this.output}`)
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill('SIGTERM')
    const killer = setTimeout(() => this.child.kill('SIGKILL'), 3000)
    await once(this.child, 'exit')
    clearTimeout(killer)
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
