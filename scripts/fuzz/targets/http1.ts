import type { HeaderTable } from '../../../packages/proxy/src/http/header-table.ts'
import { MessageParser, type ParserSink } from '../../../packages/proxy/src/http1/message-parser.ts'
import { type FuzzTarget, hold } from '../target.ts'

const LIMITS = { maxHeadBytes: 1024, maxFields: 20 }

/** Writes down what it is told, data joined, so that cuts do not show. */
class Scribe implements ParserSink {
  text = ''
  failed = false
  parser: MessageParser | null = null

  onHead(): void {
    const { parser } = this
    if (parser === null) return
    const { method, target, status } = parser.startLine
    this.text += `\nhead ${method} ${target} ${status} ${table(parser.headers)} ${parser.kind}\n`
  }

  onData(chunk: Buffer): void {
    this.text += chunk.toString('latin1')
  }

  onEnd(trailers: HeaderTable | null): void {
    this.text += `\nend ${trailers === null ? '' : table(trailers)}\n`
  }

  onProblem(): void {
    this.text += '\nproblem\n'
    this.failed = true
  }
}

function table(headers: HeaderTable): string {
  return headers.names.map((name, i) => `${name.wire}=${headers.values[i] ?? ''}`).join('|')
}

/** The first byte chooses the direction. */
function play(input: Buffer, piece: number): string {
  const scribe = new Scribe()
  const parser = new MessageParser(((input[0] ?? 0) & 1) === 0 ? 'request' : 'response', scribe, LIMITS)
  scribe.parser = parser
  for (let from = 1; from < input.length && !scribe.failed; from += piece) {
    const to = Math.min(input.length, from + piece)
    for (let at = from; at < to && !scribe.failed;) {
      const next = parser.feed(input, at, to)
      hold(next > at || parser.done, 'the parser goes on')
      at = next
      if (parser.done) parser.next()
    }
  }
  return scribe.text
}

function run(input: Buffer): void {
  const whole = play(input, 65_536)
  hold(play(input, 1) === whole, 'single bytes mean the same as the whole')
}

export const http1: FuzzTarget = {
  name: 'http1',
  seeds: [
    Buffer.from('0GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    Buffer.from('0POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n'),
    Buffer.from('0POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n'),
    Buffer.from('1HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No\r\n\r\n'),
    Buffer.from('1HTTP/1.1 200 OK\r\n\r\nuntil the end'),
  ],
  words: ['\r\n', '\r\n\r\n', 'Content-Length: 1\r\n', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n', ' HTTP/1.1', '\n', '\r', ': '].map(
    text => Buffer.from(text),
  ),
  run,
}
