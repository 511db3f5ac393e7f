import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** What a name server does with a question for IPv4 addresses. */
export type DnsBehaviour =
  | { readonly kind: 'answer'; readonly addresses: readonly string[]; readonly ttlSeconds: number; readonly delayMs?: number }
  | { readonly kind: 'server-failure' }
  | { readonly kind: 'no-such-name' }
  | { readonly kind: 'silence' }

const HEADER_BYTES = 12
const TYPE_A = 1
const CLASS_IN = 1
const SERVER_FAILURE = 2
const NO_SUCH_NAME = 3
/** Response, recursion desired and available. */
const ANSWER_FLAGS = 0x8180
/** Points to the name of the question, which follows the header. */
const NAME_OF_QUESTION = 0xc000 | HEADER_BYTES

/** A name server on 127.0.0.1 that answers every question as the test tells it. */
export class DnsServer implements AsyncDisposable {
  behaviour: DnsBehaviour = { kind: 'silence' }
  /** Questions for IPv4 addresses so far. */
  asked = 0
  private readonly socket: Socket

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('message', (question, from) => this.answer(question, bytes => socket.send(bytes, from.port, from.address)))
  }

  static async listen(): Promise<DnsServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new DnsServer(socket)
  }

  get port(): number {
    return this.socket.address().port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.socket, 'close')
    this.socket.close()
    await closed
  }

  private answer(question: Buffer, send: (bytes: Buffer) => void): void {
    const { behaviour } = this
    const end = questionEnd(question)
    const isForIpv4 = question.readUInt16BE(end - 4) === TYPE_A
    if (isForIpv4) this.asked++
    if (behaviour.kind === 'silence') return
    if (behaviour.kind === 'server-failure') send(response(question, end, SERVER_FAILURE, [], 0))
    else if (behaviour.kind === 'no-such-name') send(response(question, end, NO_SUCH_NAME, [], 0))
    else {
      const bytes = response(question, end, 0, isForIpv4 ? behaviour.addresses : [], behaviour.ttlSeconds)
      if (behaviour.delayMs === undefined) send(bytes)
      else setTimeout(() => this.sendLate(send, bytes), behaviour.delayMs)
    }
  }

  private sendLate(send: (bytes: Buffer) => void, bytes: Buffer): void {
    try {
      send(bytes)
    } catch {
      // The test is over, and the socket closed.
    }
  }
}

/** Behind the question's name, type and class (RFC 1035 4.1.2). */
function questionEnd(message: Buffer): number {
  let at = HEADER_BYTES
  for (let length = message[at] ?? 0; length !== 0; length = message[at] ?? 0) at += length + 1
  return at + 5
}

function response(question: Buffer, end: number, code: number, addresses: readonly string[], ttlSeconds: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  question.copy(header, 0, 0, 2)
  header.writeUInt16BE(ANSWER_FLAGS | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(addresses.length, 6)
  return Buffer.concat([header, question.subarray(HEADER_BYTES, end), ...addresses.map(address => record(address, ttlSeconds))])
}

function record(address: string, ttlSeconds: number): Buffer {
  const fixed = Buffer.alloc(HEADER_BYTES)
  fixed.writeUInt16BE(NAME_OF_QUESTION, 0)
  fixed.writeUInt16BE(TYPE_A, 2)
  fixed.writeUInt16BE(CLASS_IN, 4)
  fixed.writeUInt32BE(ttlSeconds, 6)
  fixed.writeUInt16BE(4, 10)
  return Buffer.concat([fixed, Buffer.from(address.split('.').map(Number))])
}
