import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError, messageOf } from '@meshwork/core/result'
import { answerQuery } from './answer-query.ts'
import { Deframer, frame } from './framing.ts'
import { encodeAnswer, FORMAT_ERROR, HEADER_LENGTH, parseQuery, type Query, SERVER_FAILURE } from './message.ts'
import { NameLookup } from './name-lookup.ts'
import type { Transport, UpstreamResolver } from './upstream-resolver.ts'

export interface DnsServerOptions {
  readonly host: string
  /** 0 lets the system choose, the same for both transports. */
  readonly port: number
  readonly upstream: UpstreamResolver
  readonly log: Logger
}

const MOST_CONNECTIONS = 256
/** A connection on which nothing was asked for so long is closed (RFC 7766 6.2.3). */
const IDLE_MS = 10_000
/** Questions of one connection under way; further bytes wait. */
const MOST_PER_CONNECTION = 100
const LARGEST_TCP = 65_535
const NOTHING = new NameLookup([], { namespace: '', dnsDomain: '', searchDomain: '' })

/**
 * Answers the workload's questions about names of the mesh by itself and passes all others on. Until the first table is there it
 * passes everything on. State: its sockets, and the table in force.
 */
export class DnsServer implements Runner {
  readonly name = 'dns'
  private readonly options: DnsServerOptions
  private readonly connections = new Set<Socket>()
  private readonly tcp: Server
  private udp: UdpSocket | null = null
  private names: NameLookup = NOTHING
  private rotation = 0

  constructor(options: DnsServerOptions) {
    this.options = options
    this.tcp = createServer(socket => this.accept(socket))
    this.tcp.maxConnections = MOST_CONNECTIONS
  }

  /** Where it listens, over both transports. Only after `start`. */
  get port(): number {
    const address = this.tcp.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  use(names: NameLookup): void {
    this.names = names
  }

  async start(): Promise<void> {
    const { host, port } = this.options
    try {
      this.tcp.listen(port, host)
      await once(this.tcp, 'listening')
      const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
      this.udp = udp
      udp.bind(this.port, host)
      await once(udp, 'listening')
      udp.on('error', error => this.options.log.warn('dns socket', { error: messageOf(error) }))
      udp.on('message', (message, peer) => {
        this.answer(message, 'udp', reply => udp.send(reply, peer.port, peer.address, () => undefined))
      })
    } catch (error) {
      throw new MeshError('DNS_ADDRESS', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
        source: 'config',
        nextStep: 'free the port, or name another with --dns',
      })
    }
  }

  async close(): Promise<void> {
    this.options.upstream.close()
    for (const socket of this.connections) socket.destroy()
    const { udp } = this
    this.udp = null
    if (udp !== null) await new Promise<void>(resolve => udp.close(resolve))
    if (this.tcp.listening) await new Promise<void>(resolve => this.tcp.close(() => resolve()))
  }

  private accept(socket: Socket): void {
    const deframer = new Deframer()
    let underWay = 0
    this.connections.add(socket)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.connections.delete(socket))
    socket.on('data', (bytes: Buffer) => {
      for (const message of deframer.push(bytes)) {
        underWay++
        if (underWay >= MOST_PER_CONNECTION) socket.pause()
        const answered = this.answer(message, 'tcp', reply => {
          underWay--
          socket.write(frame(reply))
          if (underWay < MOST_PER_CONNECTION) socket.resume()
        })
        if (!answered) socket.destroy()
      }
    })
  }

  /** False for what deserves no answer: it has no id, or is itself an answer. */
  private answer(message: Buffer, transport: Transport, reply: (answer: Buffer) => void): boolean {
    const parsed = parseQuery(message)
    if (parsed.kind === 'err') return replyMalformed(message, reply)
    const query = parsed.value
    const own = answerQuery(query, this.names, this.rotation++, limitOf(query, transport))
    if (own !== undefined) {
      reply(own)
      return true
    }
    this.options.upstream.ask(message, transport, answer => {
      if (this.udp !== null) reply(answer ?? encodeAnswer(query, SERVER_FAILURE, [], LARGEST_TCP))
    })
    return true
  }
}

function limitOf(query: Query, transport: Transport): number {
  return transport === 'udp' ? query.udpSize : LARGEST_TCP
}

function replyMalformed(message: Buffer, reply: (answer: Buffer) => void): boolean {
  if (message.length < HEADER_LENGTH || (message.readUInt16BE(2) & 0x8000) !== 0) return false
  const header = Buffer.alloc(HEADER_LENGTH)
  header.writeUInt16BE(message.readUInt16BE(0), 0)
  header.writeUInt16BE(0x8000 | FORMAT_ERROR, 2)
  reply(header)
  return true
}
