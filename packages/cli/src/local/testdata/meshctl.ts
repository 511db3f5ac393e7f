import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sleep, systemClock } from '@meshwork/core/time'
import type { MeshState } from '../state/mesh-state.ts'

const BIN = fileURLToPath(new URL('../../../bin/meshctl.mjs', import.meta.url))
const SAMPLE = fileURLToPath(new URL('../../../../../examples/bookinfo', import.meta.url))

/** A `meshctl` that a test started, with all it has printed. */
export class Meshctl {
  out = ''
  err = ''
  readonly child: ChildProcess
  readonly ended: Promise<number>

  constructor(args: readonly string[], cwd: string) {
    this.child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString('utf8')))
    this.child.stderr?.on('data', (chunk: Buffer) => (this.err += chunk.toString('utf8')))
    this.ended = once(this.child, 'close').then(() => this.child.exitCode ?? -1)
  }

  /** The first JSON document on its standard output, which may go on running. */
  async document(): Promise<unknown> {
    const complete = (): boolean => this.out.endsWith('}\n')
    while (!complete()) {
      const code = await Promise.race([this.ended, sleep(systemClock, 20)])
      if (typeof code === 'number' && !complete()) throw new Error(`meshctl ended with ${code}: ${this.err}`)
    }
    return JSON.parse(this.out)
  }
}

/** A folder of its own with a copy of the sample, in which meshctl is run. */
export class Workplace {
  readonly folder: string
  private readonly started: Meshctl[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Workplace> {
    const folder = await mkdtemp(join(tmpdir(), 'meshwork-local-'))
    await cp(SAMPLE, folder, { recursive: true })
    return new Workplace(folder)
  }

  get state(): string {
    return join(this.folder, '.meshwork', 'local')
  }

  spawn(...args: string[]): Meshctl {
    const meshctl = new Meshctl(args, this.folder)
    this.started.push(meshctl)
    return meshctl
  }

  async run(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const meshctl = this.spawn(...args)
    const code = await meshctl.ended
    return { code, out: meshctl.out, err: meshctl.err }
  }

  async json(...args: string[]): Promise<Record<string, unknown>> {
    const { out, err } = await this.run(...args, '-o', 'json')
    try {
      return JSON.parse(out)
    } catch {
      throw new Error(`no JSON from ${args.join(' ')}: ${out}${err}`)
    }
  }

  /** Starts the mesh and returns when it is up. */
  async up(gatewayPort: number): Promise<{ readonly meshctl: Meshctl; readonly state: MeshState }> {
    const meshctl = this.spawn('local', 'up', '--gateway-port', String(gatewayPort), '-o', 'json')
    const document = await meshctl.document()
    if (!isState(document)) throw new Error(`not a state: ${meshctl.out}`)
    return { meshctl, state: document }
  }

  async remove(): Promise<void> {
    await this.run('local', 'down')
    for (const { child } of this.started) if (child.exitCode === null) child.kill('SIGKILL')
    await rm(this.folder, { recursive: true, force: true })
  }
}

function isState(value: unknown): value is MeshState {
  return typeof value === 'object' && value !== null && 'processes' in value && 'gateways' in value
}
