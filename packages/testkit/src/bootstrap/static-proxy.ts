import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { builtProgram, type Child, siblingProgram, startProgram } from '../process/index.ts'

import type { ProbeAnswer, ProbeRequest } from './probe-messages.ts'
import type { Json } from './resources.ts'

const PROBE = siblingProgram('probe', import.meta.url).file

/** Where and as whom a proxy runs, when not as the test itself does. */
export interface ProxyPlace {
  /** Words before the command, which enter a network namespace or set limits. */
  readonly prefix?: readonly string[]
  /** User and group id, whose connections are not intercepted. Default: the test's. */
  readonly uid?: number
  /** Words for the proxy itself. */
  readonly flags?: readonly string[]
}

/** Our proxy, started as an Envoy is: from a bootstrap file, with neither agent nor control plane. */
export class StaticProxy implements AsyncDisposable {
  readonly child: Child
  private readonly folder: string

  private constructor(child: Child, folder: string) {
    this.child = child
    this.folder = folder
  }

  /** Resolves when it serves. */
  static async start(name: string, bootstrap: Json, place?: ProxyPlace): Promise<StaticProxy> {
    const folder = mkdtempSync(join(tmpdir(), `meshwork-${name}-`))
    const file = join(folder, 'bootstrap.json')
    // It holds private keys.
    writeFileSync(file, JSON.stringify(bootstrap), { mode: 0o600 })
    const { prefix = [], uid, flags = [] } = place ?? {}
    if (uid !== undefined) for (const path of [folder, file]) chownSync(path, uid, uid)
    const user = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
    const program = { ...builtProgram('proxy/main'), nodeOptions: ['--expose-gc', '--import', PROBE] }
    const proxy = new StaticProxy(startProgram(program, { name, args: ['-c', file, ...flags], prefix: [...prefix, ...user] }), folder)
    try {
      await proxy.child.whenReady()
      return proxy
    } catch (error) {
      await proxy[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Keeps its event loop busy for so long, as a bug would. */
  stall(ms: number): void {
    this.ask({ kind: 'stall', ms })
  }

  /** Loses memory from now on, as a bug would. */
  leak(bytesPerSecond: number): void {
    this.ask({ kind: 'leak', bytesPerSecond })
  }

  /** Bytes of its heap that are in use after a full collection: grows only with what is kept. */
  heapBytes(): Promise<number> {
    return this.answerTo('heap')
  }

  /** Longest time for which its event loop did not turn, since this was asked last; in milliseconds, to about 5. */
  longestStallMs(): Promise<number> {
    return this.answerTo('longest-stall')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private answerTo(kind: ProbeAnswer['kind']): Promise<number> {
    return new Promise(resolve => {
      const { process: proxy } = this.child
      const receive = (message: ProbeAnswer | { readonly kind: 'other' }): void => {
        if (message.kind !== kind) return
        proxy.off('message', receive)
        resolve(message.value)
      }
      proxy.on('message', receive)
      this.ask({ kind })
    })
  }

  private ask(request: ProbeRequest): void {
    this.child.process.send(request)
  }
}
