import { DEFAULT_HTTP2_OPTIONS } from '../../../packages/proxy/src/http2/http2-options.ts'
import { Http2Session } from '../../../packages/proxy/src/http2/http2-session.ts'
import { HeldOutput, newLog, RecordingSink, type StreamLog } from '../../../packages/proxy/src/http2/testdata/recording-sink.ts'
import { HeaderTable } from '../../../packages/proxy/src/http/header-table.ts'
import { type FuzzTarget, hold } from '../target.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
const SETTINGS = frame(4, 0, 0, '')
const MAX_STREAMS = 20
const OPTIONS = { ...DEFAULT_HTTP2_OPTIONS, maxConcurrentStreams: MAX_STREAMS }

function frame(type: number, flags: number, id: number, payload: string): Buffer {
  const body = Buffer.from(payload, 'hex')
  return Buffer.concat([Buffer.from([0, 0, body.length, type, flags, 0, 0, 0, id]), body])
}

interface Outcome {
  readonly told: string
  readonly sent: number
}

/** Bit 0 of the first byte: we are the client. Bit 1: malformed messages reset streams. Bit 2: requests are answered at once. */
function play(input: Buffer, piece: number): Outcome {
  const mode = input[0] ?? 0
  const isClient = (mode & 1) === 1
  const sink = new RecordingSink()
  const output = new HeldOutput()
  const options = { ...OPTIONS, invalidMessageResetsStream: (mode & 2) !== 0 }
  const session = new Http2Session<StreamLog>(isClient ? 'client' : 'server', sink, output, options)
  session.start()
  if (isClient) for (let i = 0; i < 3; i++) session.sendRequest(newLog(), 'POST', 'http', 'a.test', '/', '', new HeaderTable(), i > 0)
  if ((mode & 4) !== 0 && !isClient) sink.onHead = stream => session.sendResponse(stream, 200, new HeaderTable(), false)
  sink.onEnd = stream => session.sendData(stream, Buffer.alloc(100), true, true)
  const start = isClient ? SETTINGS : Buffer.concat([PREFACE, SETTINGS])
  session.feed(start, 0, start.length, 0)
  for (let at = 1; at < input.length; at += piece) {
    session.feed(input, at, Math.min(input.length, at + piece), 0)
    hold(session.activeStreams <= MAX_STREAMS, 'no more streams than allowed')
  }
  session.flush()
  const events = sink.events.filter(event => event !== 'settings')
  session.terminate()
  const streams = [...sink.streams].map(([id, log]) => `${id} ${JSON.stringify(log)}`)
  for (const log of sink.streams.values()) hold(log.closed <= 1, 'a stream closes once')
  hold(session.activeStreams === 0, 'no stream outlives the session')
  return { told: [...streams, ...events].join('\n'), sent: output.take().length }
}

function run(input: Buffer): void {
  const whole = play(input, 65_536)
  hold(play(input, 1).told === whole.told, 'single bytes mean the same as the whole')
  hold(whole.sent <= 4096 + 20 * input.length, 'we do not send much more than we get')
}

const REQUEST = frame(1, 5, 1, '828684410161')
const POST = frame(1, 4, 1, '838684410161')
const RESPONSE = frame(1, 4, 1, '88')

export const http2: FuzzTarget = {
  name: 'http2',
  seeds: [
    Buffer.concat([Buffer.from([0]), REQUEST, frame(8, 0, 0, '00000400')]),
    Buffer.concat([Buffer.from([4]), POST, frame(0, 0, 1, '616263'), frame(1, 5, 1, '400178017a')]),
    Buffer.concat([Buffer.from([2]), POST, frame(0, 9, 1, '02610000'), frame(3, 0, 1, '00000008')]),
    Buffer.concat([Buffer.from([1]), RESPONSE, frame(0, 1, 1, '6162'), frame(7, 0, 0, '0000000100000000')]),
    Buffer.concat([Buffer.from([3]), frame(4, 0, 0, '000400000001'), RESPONSE, frame(6, 0, 0, '0000000000000001')]),
    Buffer.concat([Buffer.from([0]), frame(1, 1, 1, '8286'), frame(9, 4, 1, '84410161')]),
  ],
  words: [
    REQUEST,
    POST,
    RESPONSE,
    frame(1, 5, 3, '828684410161'),
    frame(0, 1, 1, '61'),
    frame(4, 0, 0, '000400000001'),
    frame(4, 1, 0, ''),
    frame(8, 0, 1, '00000001'),
    frame(3, 0, 1, '00000008'),
    frame(2, 0, 1, '0000000010'),
    frame(9, 4, 1, ''),
  ],
  run,
}
