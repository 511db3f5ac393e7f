import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** Where the question ends in a message with one question: behind header, name, type and class. */
function questionEnd(message: Buffer): number {
  let at = 12
  while ((message[at] ?? 0) > 0) at += (message[at] ?? 0) + 1
  return at + 5
}

/** A resolver that has one IPv4 address for every name. */
export class DnsStub implements AsyncDisposable {
  private readonly socket: Socket

  private constructor(socket: Socket) {
    this.socket = socket
  }

  static async start(address: string): Promise<DnsStub> {
    const socket = createSocket('udp4')
    const data = Buffer.from(address.split('.').map(Number))
    // A pointer to the question's name, type A, class IN, 60 seconds, four octets.
    const record = Buffer.concat([Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]), data])
    socket.on('message', (message, peer) => {
      const question = message.subarray(0, questionEnd(message))
      const answer = Buffer.concat([question, record])
      answer.writeUInt16BE(0x8180, 2)
      answer.writeUInt16BE(1, 6)
      answer.writeUInt32BE(0, 8)
      socket.send(answer, peer.port, peer.address)
    })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new DnsStub(socket)
  }

  get port(): number {
    return this.socket.address().port
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise(resolve => this.socket.close(() => resolve()))
  }
}
