import { readFileSync } from 'node:fs'

const BYTES_PER_KB = 1024

/** What a proxy says about itself, and what the kernel says about its process. */
export class ProxyAdmin {
  private readonly port: number
  private readonly pid: number

  constructor(port: number, pid: number) {
    this.port = port
    this.pid = pid
  }

  async page(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port}${path}`)).text()
  }

  /** A counter or gauge by its whole name. NaN: there is none. */
  async stat(name: string): Promise<number> {
    const text = await this.page(`/stats?filter=^${name}$`)
    return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  }

  /** Whether the endpoint on this port of 127.0.0.1 is ejected. */
  async ejected(port: number): Promise<boolean> {
    return (await this.page('/clusters')).includes(`127.0.0.1:${port}::health_flags::/failed_outlier_check`)
  }

  /** Memory that the process holds. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * BYTES_PER_KB
  }
}
