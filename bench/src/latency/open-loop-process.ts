// Open-loop HTTP/1.1 load: requests leave at times that were fixed beforehand, and latency counts from those times, so that a
// stall is seen by every request that should have been sent meanwhile.
// Arguments: port, requests per second, seconds, connections. Prints one JSON object.
import { connect, type Socket } from 'node:net'
import { percentile } from '../harness/load.ts'

const [port = 0, rate = 0, seconds = 0, connections = 0] = process.argv.slice(2).map(Number)
const REQUEST = Buffer.from(`GET / HTTP/1.1\r\nhost: bench\r\nuser-agent: open-loop\r\naccept: */*\r\n\r\n`)
/** Uniform spacing locks phases with timers of the system under test: 10% jitter. */
const JITTER = 0.1

const total = rate * seconds
const latencies = new Float64Array(total)
const idle: Lane[] = []
const overdue: number[] = []
let sent = 0
let answered = 0
let failures = 0

/** A connection that carries one request at a time. */
class Lane {
  private readonly socket: Socket
  private intended = 0
  private expected = -1
  private received = 0
  private head = ''

  constructor(ready: () => void) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true }, ready)
    this.socket.on('data', chunk => this.onData(chunk))
    this.socket.on('error', () => failures++)
  }

  send(intendedMs: number): void {
    this.intended = intendedMs
    this.expected = -1
    this.received = 0
    this.head = ''
    this.socket.write(REQUEST)
  }

  close(): void {
    this.socket.destroy()
  }

  private onData(chunk: string | Buffer): void {
    this.received += chunk.length
    if (this.expected < 0) this.readHead(chunk)
    if (this.expected < 0 || this.received < this.expected) return
    latencies[answered++] = (performance.now() - this.intended) * 1000
    const next = overdue.shift()
    if (next === undefined) idle.push(this)
    else this.send(next)
  }

  private readHead(chunk: string | Buffer): void {
    this.head += typeof chunk === 'string' ? chunk : chunk.toString('latin1')
    const end = this.head.indexOf('\r\n\r\n')
    if (end < 0) return
    if (!this.head.startsWith('HTTP/1.1 200')) failures++
    this.expected = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(this.head)?.[1] ?? 0)
  }
}

const lanes: Lane[] = []
for (let i = 0; i < connections; i++) {
  await new Promise<void>(ready => {
    lanes.push(new Lane(ready))
  })
}
idle.push(...lanes)

const start = performance.now() + 10
let next = start
const giveUp = start + seconds * 1000 + 5000

/** The loop spins between sends: timers of the event loop are too coarse for gaps of half a millisecond. */
function turn(): void {
  const now = performance.now()
  while (sent < total && next <= now) {
    const lane = idle.pop()
    if (lane === undefined) overdue.push(next)
    else lane.send(next)
    sent++
    next = start + (sent * 1000) / rate + (Math.random() - 0.5) * ((2 * JITTER * 1000) / rate)
  }
  if (answered < total && now < giveUp) setImmediate(turn)
  else finish()
}

function finish(): void {
  for (const lane of lanes) lane.close()
  const sorted = latencies.subarray(0, answered).sort()
  const [p50Us, p99Us, p999Us] = [0.5, 0.99, 0.999].map(share => Math.round(percentile(sorted, share)))
  process.stdout.write(`${JSON.stringify({ requests: answered, failures, unanswered: total - answered, p50Us, p99Us, p999Us })}\n`)
}

turn()
