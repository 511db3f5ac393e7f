import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Freezes a process for `frozenMs` out of every `periodMs`, as a machine with too little time for it does. */
export class FreezeCycle {
  /** Freezes so far. */
  count = 0
  private readonly pid: number
  private readonly running: Promise<void>
  private over = false

  constructor(pid: number, frozenMs: number, periodMs: number) {
    this.pid = pid
    this.running = this.run(frozenMs, periodMs - frozenMs)
  }

  async stop(): Promise<void> {
    this.over = true
    await this.running
  }

  private async run(frozenMs: number, freeMs: number): Promise<void> {
    while (!this.over) {
      process.kill(this.pid, 'SIGSTOP')
      this.count++
      await sleep(frozenMs)
      process.kill(this.pid, 'SIGCONT')
      await sleep(freeMs)
    }
  }
}

const CPU_GROUPS = '/sys/fs/cgroup/cpu'
const PERIOD_US = 100_000

/** A control group that gets `share` of one processor (0 to 1), holding one process. null: the machine lets us make none. */
export class CpuQuota {
  private readonly folder: string
  private readonly pid: number

  private constructor(folder: string, pid: number) {
    this.folder = folder
    this.pid = pid
  }

  static of(pid: number, share: number): CpuQuota | null {
    const folder = join(CPU_GROUPS, `meshwork-test-${pid}`)
    try {
      mkdirSync(folder)
    } catch {
      return null
    }
    try {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US))
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(Math.round(PERIOD_US * share)))
      writeFileSync(join(folder, 'cgroup.procs'), String(pid))
      return new CpuQuota(folder, pid)
    } catch {
      rmdirSync(folder)
      return null
    }
  }

  /** Lets the process run freely again. */
  end(): void {
    writeFileSync(join(CPU_GROUPS, 'cgroup.procs'), String(this.pid))
    rmdirSync(this.folder)
  }
}
