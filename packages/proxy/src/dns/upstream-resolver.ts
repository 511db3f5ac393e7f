import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import type { Clock, Timer } from '@meshwork/core/time'
import { Deframer, frame } from './framing.ts'
import { HEADER_LENGTH } from './message.ts'

export interface ResolverAddress {
  readonly host: string
  readonly port: number
}

export interface UpstreamOptions {
  /** Asked in this order until one answers. */
  readonly servers: readonly ResolverAddress[]
  readonly clock: Clock
}

export type Transport = 'udp' | 'tcp'

/** How long one server may take; a client's own resolver gives up after 5 s. */
const PATIENCE_MS = 2000
const MOST_IN_FLIGHT = 1000
const IDS = 0x1_0000

/** Closes what an attempt holds. */
type Attempt = () => void

/**
 * Passes questions on to the resolvers that the workload would have asked, by the transport it came with. Each question has its own
 * socket, port and id, so that nobody who cannot see it can answer it. State: the questions under way.
 */
export class UpstreamResolver {
  private readonly options: UpstreamOptions
  private readonly underWay = new Set<Attempt>()

  constructor(options: UpstreamOptions) {
    this.options = options
  }

  /** `done` is called once, later, with the answer for the asker's own id; null: nobody answered, or too much is under way. */
  ask(message: Buffer, transport: Transport, done: (answer: Buffer | null) => void): void {
    if (this.underWay.size >= MOST_IN_FLIGHT) {
      queueMicrotask(() => done(null))
      return
    }
    this.askFrom(0, message, transport, done)
  }

  close(): void {
    for (const attempt of this.underWay) attempt()
    this.underWay.clear()
  }

  private askFrom(index: number, message: Buffer, transport: Transport, done: (answer: Buffer | null) => void): void {
    const server = this.options.servers[index]
    if (server === undefined) {
      queueMicrotask(() => done(null))
      return
    }
    const question = withId(message, randomInt(IDS))
    let finished = false
    const finish = (answer: Buffer | null): void => {
      if (finished) return
      finished = true
      timer.cancel()
      stop()
      this.underWay.delete(abandon)
      if (answer === null) this.askFrom(index + 1, message, transport, done)
      else done(withId(answer, message.readUInt16BE(0)))
    }
    const received = (answer: Buffer): void => {
      if (answers(answer, question)) finish(answer)
    }
    const stop = transport === 'udp' ? overUdp(server, question, received, finish) : overTcp(server, question, received, finish)
    const timer: Timer = this.options.clock.after(PATIENCE_MS, () => finish(null))
    const abandon = (): void => {
      finished = true
      timer.cancel()
      stop()
    }
    this.underWay.add(abandon)
  }
}

function overUdp(server: ResolverAddress, question: Buffer, received: (answer: Buffer) => void, failed: (nothing: null) => void): Attempt {
  const socket = createSocket(isIPv6(server.host.replace(/%.*$/, '')) ? 'udp6' : 'udp4')
  socket.on('error', () => failed(null))
  socket.on('message', received)
  // Connected, so that datagrams of others do not come in and a closed port is told.
  socket.once('connect', () => socket.send(question))
  socket.connect(server.port, server.host)
  return () => {
    socket.removeAllListeners('message')
    socket.close()
  }
}

function overTcp(server: ResolverAddress, question: Buffer, received: (answer: Buffer) => void, failed: (nothing: null) => void): Attempt {
  const socket = connect(server.port, server.host)
  const deframer = new Deframer()
  socket.on('connect', () => socket.write(frame(question)))
  socket.on('data', (bytes: Buffer) => deframer.push(bytes).forEach(received))
  socket.on('error', () => failed(null))
  socket.on('close', () => failed(null))
  return () => socket.destroy()
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id, 0)
  return copy
}

/** An answer repeats id and question; letters may come back in another case. */
function answers(answer: Buffer, question: Buffer): boolean {
  if (answer.length < HEADER_LENGTH || answer.readUInt16BE(0) !== question.readUInt16BE(0)) return false
  if ((answer.readUInt16BE(2) & 0x8000) === 0) return false
  // Some resolvers leave the question out of a refusal.
  if (answer.readUInt16BE(4) === 0) return true
  const end = nameEnd(question) + 4
  const text = (message: Buffer): string => message.toString('latin1', HEADER_LENGTH, end).toLowerCase()
  return text(answer) === text(question)
}

function nameEnd(question: Buffer): number {
  let at = HEADER_LENGTH
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) at += length + 1
  return at + 1
}
