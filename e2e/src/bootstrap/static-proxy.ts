import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'

import type { Json } from './resources.ts'

/** Our proxy, started as an Envoy is: from a bootstrap file, with neither agent nor control plane. */
export class StaticProxy implements AsyncDisposable {
  readonly child: Child
  private readonly folder: string

  private constructor(child: Child, folder: string) {
    this.child = child
    this.folder = folder
  }

  /** Resolves when it serves. `prefix`: words before the command, for example to enter a network namespace. */
  static async start(name: string, bootstrap: Json, prefix: readonly string[] = []): Promise<StaticProxy> {
    const folder = mkdtempSync(join(tmpdir(), `meshwork-${name}-`))
    const file = join(folder, 'bootstrap.json')
    // It holds private keys.
    writeFileSync(file, JSON.stringify(bootstrap), { mode: 0o600 })
    const proxy = new StaticProxy(startProgram(builtProgram('proxy/main'), { name, args: ['-c', file], prefix }), folder)
    try {
      await proxy.child.whenReady()
      return proxy
    } catch (error) {
      await proxy[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
