// A gRPC application: says a text back once, or `count` times as a stream. Knows nothing of a mesh.
import { Client, type ClientReadableStream, credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js'

/** What both methods take and give; JSON on the wire, since what a message holds is no matter of the proxy. */
export interface Counted {
  readonly text: string
  readonly count: number
}

const toBytes = (message: Counted): Buffer => Buffer.from(JSON.stringify(message))
const fromBytes = (bytes: Buffer): Counted => JSON.parse(bytes.toString())
const codec = { requestSerialize: toBytes, requestDeserialize: fromBytes, responseSerialize: toBytes, responseDeserialize: fromBytes }
const service = {
  once: { path: '/e2e.Counter/Once', requestStream: false, responseStream: false, ...codec },
  stream: { path: '/e2e.Counter/Stream', requestStream: false, responseStream: true, ...codec },
  both: { path: '/e2e.Counter/Both', requestStream: true, responseStream: true, ...codec },
}

/** Listens on 127.0.0.1; port 0: a free one. `once` fails with NOT_FOUND and a message when asked for a count below zero. */
export async function serveCounter(at = 0): Promise<{ readonly port: number; stop(): void }> {
  const server = new Server()
  server.addService(service, {
    once: (call: { request: Counted }, done: (error: object | null, reply?: Counted) => void) =>
      call.request.count < 0 ? done({ code: status.NOT_FOUND, details: 'no such count' }) : done(null, call.request),
    stream: (call: { request: Counted; write(reply: Counted): void; end(): void }) => {
      for (let count = 0; count < call.request.count; count++) call.write({ text: call.request.text, count })
      call.end()
    },
    both: (call: { on(event: string, listener: (message: Counted) => void): void; write(reply: Counted): void; end(): void }) => {
      call.on('data', message => call.write(message))
      call.on('end', () => call.end())
    },
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${at}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  return { port, stop: () => server.forceShutdown() }
}

/** Calls the application at `host:port`. */
export class CounterClient {
  private readonly client: Client

  constructor(target: string) {
    this.client = new Client(target, credentials.createInsecure())
  }

  once(message: Counted): Promise<Counted | undefined> {
    return new Promise((resolve, reject) =>
      this.client.makeUnaryRequest(service.once.path, toBytes, fromBytes, message, new Metadata(), (error, reply) =>
        error === null ? resolve(reply) : reject(error),
      ),
    )
  }

  stream(message: Counted): Promise<readonly Counted[]> {
    return collect(this.client.makeServerStreamRequest(service.stream.path, toBytes, fromBytes, message))
  }

  /** Sends each message only when the one before has come back: both directions must be open at the same time. */
  async both(messages: readonly Counted[]): Promise<readonly Counted[]> {
    const call = this.client.makeBidiStreamRequest(service.both.path, toBytes, fromBytes)
    const replies: Counted[] = []
    const next = (): void => {
      const message = messages[replies.length]
      if (message === undefined) call.end()
      else call.write(message)
    }
    const ended = new Promise<void>((resolve, reject) => call.once('end', resolve).once('error', reject))
    call.on('data', (reply: Counted) => {
      replies.push(reply)
      next()
    })
    next()
    await ended
    return replies
  }

  close(): void {
    this.client.close()
  }
}

async function collect(stream: ClientReadableStream<Counted>): Promise<readonly Counted[]> {
  const replies: Counted[] = []
  for await (const reply of stream) replies.push(reply)
  return replies
}
