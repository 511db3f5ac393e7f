import { readFileSync } from 'node:fs'
import { get } from 'node:http'

const BYTES_PER_KB = 1024

/** What a proxy says about itself, and what the kernel says about its process. */
export class ProxyAdmin {
  private readonly address: { readonly host: string; readonly port: number } | { readonly socketPath: string }
  private readonly pid: number

  /** `at`: a port of 127.0.0.1, or the path of a Unix socket. */
  constructor(at: number | string, pid: number) {
    this.address = typeof at === 'number' ? { host: '127.0.0.1', port: at } : { socketPath: at }
    this.pid = pid
  }

  page(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      get({ ...this.address, path, agent: false }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (text += part))
        response.once('end', () => resolve(text))
      }).once('error', reject)
    })
  }

  /** A counter or gauge by its whole name. NaN: there is none. */
  async stat(name: string): Promise<number> {
    const text = await this.page(`/stats?filter=^${name}$`)
    return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  }

  /** Whether the endpoint with this port is ejected. */
  async ejected(port: number, host: string = '127.0.0.1'): Promise<boolean> {
    return (await this.page('/clusters')).includes(`${host}:${port}::health_flags::/failed_outlier_check`)
  }

  /** Memory that the process holds. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * BYTES_PER_KB
  }
}
