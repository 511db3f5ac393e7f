import type { Readable } from 'node:stream'

/** Characters kept of what a process printed; older text is dropped. */
const LIMIT = 2_000_000

/** Everything a process printed on both outputs, in order of arrival. */
export class LogCapture {
  private text = ''

  follow(stream: Readable): void {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => this.append(chunk))
  }

  all(): string {
    return this.text
  }

  /** The last `count` lines, for the message of a failed test. */
  tail(count: number): string {
    return this.text.trimEnd().split('\n').slice(-count).join('\n')
  }

  lines(): readonly string[] {
    return this.text.split('\n')
  }

  private append(chunk: string): void {
    this.text += chunk
    if (this.text.length > LIMIT) this.text = this.text.slice(-LIMIT / 2)
  }
}
