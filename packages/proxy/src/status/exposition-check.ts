/** A sample or a comment of Prometheus' text format 0.0.4, loosely: enough to tell it from a page of HTML. */
const SAMPLE = /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^\n]*\})?[ \t]+[^ \t]+(?:[ \t]+-?\d+)?[ \t]*$/
/** Longest line. */
const MAX_LINE_CHARS = 65_536
/** Ends OpenMetrics; what follows it would not be read. */
const END = '# EOF'

/** Looks at metrics as they arrive, piece by piece, so that no large text is looked at in one go. */
export class ExpositionCheck {
  private rest = ''
  private broken = false

  /** The whole lines that have come so far; null: it is no text of metrics. */
  take(piece: string): string | null {
    const text = this.rest + piece
    const end = text.lastIndexOf('\n') + 1
    this.rest = text.slice(end)
    if (this.rest.length > MAX_LINE_CHARS) this.broken = true
    return this.lines(text.slice(0, end))
  }

  /** What came after the last line feed. */
  finish(): string | null {
    const last = this.rest
    this.rest = ''
    return last === '' ? this.lines('') : this.lines(`${last}\n`)
  }

  private lines(text: string): string | null {
    if (text === '' || this.broken) return this.broken ? null : text
    const lines = text.slice(0, -1).split('\n')
    this.broken = !lines.every(line => isLine(line.endsWith('\r') ? line.slice(0, -1) : line))
    if (this.broken) return null
    return text.includes(END) ? lines.map(line => (line.startsWith(END) ? '' : `${line}\n`)).join('') : text
  }
}

function isLine(line: string): boolean {
  return line === '' || line.startsWith('#') || SAMPLE.test(line)
}
