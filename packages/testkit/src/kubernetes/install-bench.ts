import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TestApiServer } from './test-api-server.ts'

const MESHCTL = fileURLToPath(new URL('../../../cli/bin/meshctl.mjs', import.meta.url))
const EVERYTHING =
  'crd,clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations,serviceaccounts,roles,rolebindings,configmaps,secrets,services,deployments,poddisruptionbudgets'

/** An object as kubectl prints it. */
export interface Item {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly resourceVersion: string
    readonly labels?: Record<string, string>
  }
}

/** How a run of meshctl ended. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Not to wait: without kubelets nothing becomes ready. */
const AT_ONCE = ['--readiness-timeout', '0s']

/** For specs of installations: a real API server without nodes, and meshctl as a process with a folder of its own. */
export class InstallBench implements AsyncDisposable {
  readonly server: TestApiServer
  readonly folder: string = mkdtempSync(join(tmpdir(), 'meshwork-install-'))

  private constructor(server: TestApiServer) {
    this.server = server
  }

  static async start(): Promise<InstallBench> {
    return new InstallBench(await TestApiServer.start())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }

  meshctl(...args: readonly string[]): Promise<Ran> {
    return new Promise(resolve => {
      const options = { cwd: this.folder, env: this.env(), maxBuffer: 2 ** 26 }
      const child = execFile(process.execPath, [MESHCTL, ...args], options, (_, out, err) =>
        resolve({ code: child.exitCode ?? -1, out, err }),
      )
    })
  }

  install(...args: readonly string[]): Promise<Ran> {
    return this.meshctl('install', '-y', ...AT_ONCE, ...args)
  }

  upgrade(step: string, ...args: readonly string[]): Promise<Ran> {
    return this.meshctl('upgrade', step, ...args, ...(['status', 'plan'].includes(step) ? [] : AT_ONCE))
  }

  /** Kills meshctl without a warning when the cluster has what `isReached` waits for. Gives what it had printed; throws if it ended by itself. */
  async killedWhen(isReached: () => Promise<boolean>, ...args: readonly string[]): Promise<void> {
    const child = spawn(process.execPath, [MESHCTL, ...args], { cwd: this.folder, env: this.env(), stdio: 'ignore' })
    const gone = new Promise<void>(resolve => child.once('close', () => resolve()))
    try {
      while (!(await isReached())) {
        if (child.exitCode !== null) throw new Error(`meshctl ${args.join(' ')} ended before it could be interrupted`)
      }
    } finally {
      child.kill('SIGKILL')
      await gone
    }
    if (child.signalCode !== 'SIGKILL') throw new Error(`meshctl ${args.join(' ')} ended before it could be interrupted`)
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return this.server.kubectl([...args], input)
  }

  /** Applies objects, of any kinds. */
  async apply(...items: readonly object[]): Promise<void> {
    await this.server.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  }

  async objects(): Promise<readonly Item[]> {
    const { items }: { items: readonly Item[] } = JSON.parse(await this.server.kubectl(['get', EVERYTHING, '-A', '-o', 'json']))
    return items
  }

  /** Of a revision, as `Kind name`. */
  async ofRevision(revision: string): Promise<readonly string[]> {
    const found = (await this.objects()).filter(({ metadata }) => metadata.labels?.['istio.io/rev'] === revision)
    return found.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  }

  /** All objects with their versions: equal only if nothing was written. */
  async state(): Promise<readonly string[]> {
    const found = await this.objects()
    return found.map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name} ${metadata.resourceVersion}`).toSorted()
  }

  private env(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.server.kubeconfig, NO_COLOR: '1' }
  }
}
