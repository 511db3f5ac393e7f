import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError, messageOf } from '@meshwork/core/result'
import { closeAtOnce, type HttpAnswer, listenAt, portInUse, textAnswer } from '@meshwork/core/serve'

/** Answers the JSON text of a body. */
export type Webhook = (body: string) => HttpAnswer

/** PEM texts. */
export interface WebhookTls {
  readonly certificateChain: string
  readonly privateKey: string
}

export interface WebhookEndpointOptions {
  /** Port 0 lets the system choose. */
  readonly address: SocketAddress
  readonly tls: WebhookTls
  /** By path (`/validate`). */
  readonly webhooks: ReadonlyMap<string, Webhook>
  /** Told the status of each request that no webhook answered. */
  readonly refused: (status: number) => void
  readonly log: Logger
}

/** An API server waits 30 s at most; whoever is slower than this to send its question is none. */
const LIMITS = { maxHeaderSize: 16_384, headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 5_000 }
const MOST_CONNECTIONS = 64
/** etcd keeps objects up to 1.5 MiB, API servers read 3 MiB; a review of an update has two of them. */
const MOST_BODY_BYTES = 6 * 1024 * 1024
/** Of all bodies that are coming in at one moment. */
const MOST_HELD_BYTES = 32 * 1024 * 1024
/** With or without parameters: `application/json; charset=utf-8`. */
const JSON_TYPE = /^application\/json\s*(?:;|$)/i

/** The HTTPS port that API servers ask. State: its server, and how many bytes of bodies it holds. */
export class WebhookEndpoint implements Runner {
  readonly name = 'webhooks'
  private readonly options: WebhookEndpointOptions
  private readonly server: Server
  private heldBytes = 0

  constructor(options: WebhookEndpointOptions) {
    this.options = options
    this.server = createServer(LIMITS, (request, response) => void this.serve(request, response))
    this.server.maxConnections = MOST_CONNECTIONS
  }

  /** The port in use, also when the system chose it; 0 before `start`, and for a socket in the file system. */
  get port(): number {
    return portInUse(this.server)
  }

  /** Later connections see the new certificate. Throws if chain and key do not belong together. */
  replaceTls({ certificateChain: cert, privateKey: key }: WebhookTls): void {
    this.server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' })
  }

  start(): Promise<void> {
    const { address, tls } = this.options
    this.useFirst(tls)
    return listenAt(this.server, address, '--webhook-address')
  }

  close(): Promise<void> {
    return closeAtOnce(this.server)
  }

  private useFirst(tls: WebhookTls): void {
    try {
      this.replaceTls(tls)
    } catch (error) {
      throw new MeshError('TLS_FILES_UNUSABLE', `cannot use the certificate of the webhooks: ${messageOf(error)}`, {
        source: 'config',
        cause: error,
        nextStep: 'pass PEM files that belong together with --tls-certificate and --tls-key',
      })
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, contentType, body } = await this.answer(request)
    // A body that was not read to its end cannot be followed by another request.
    const ending = request.complete ? {} : { connection: 'close' }
    response.writeHead(status, { 'content-type': contentType, ...(status === 405 && { allow: 'POST' }), ...ending }).end(body)
    if (!request.complete) request.unpipe().resume()
  }

  private async answer(request: IncomingMessage): Promise<HttpAnswer> {
    const { webhooks, refused, log } = this.options
    const path = URL.parse(request.url ?? '/', 'https://localhost')?.pathname ?? ''
    const webhook = webhooks.get(path)
    const refusal = webhook === undefined ? noSuchPath(webhooks) : refusalOf(request)
    const body = refusal ?? (await this.read(request))
    if (typeof body !== 'string' || webhook === undefined) {
      const answer = typeof body === 'string' ? noSuchPath(webhooks) : body
      refused(answer.status)
      return answer
    }
    try {
      return webhook(body)
    } catch (error) {
      log.error('webhook failed', { path, error: messageOf(error) })
      refused(500)
      return textAnswer('the webhook failed; see the log of the control plane\n', 500)
    }
  }

  /** The whole body, or why it is not read. */
  private async read(request: IncomingMessage): Promise<string | HttpAnswer> {
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of request.iterator({ destroyOnReturn: false })) {
        if (!(chunk instanceof Buffer)) continue
        bytes += chunk.length
        this.heldBytes += chunk.length
        if (bytes > MOST_BODY_BYTES) return textAnswer(`the body is larger than ${MOST_BODY_BYTES} bytes\n`, 413)
        if (this.heldBytes > MOST_HELD_BYTES) return textAnswer('too many reviews at once; ask again\n', 503)
        chunks.push(chunk)
      }
    } catch {
      return textAnswer('the body ended early\n', 400)
    } finally {
      this.heldBytes -= bytes
    }
    return bytes === 0 ? textAnswer('the request has no body; an AdmissionReview is expected\n', 400) : Buffer.concat(chunks).toString()
  }
}

function noSuchPath(webhooks: ReadonlyMap<string, Webhook>): HttpAnswer {
  return textAnswer(`no such webhook; there are:\n${[...webhooks.keys()].join('\n')}\n`, 404)
}

function refusalOf({ method, headers }: IncomingMessage): HttpAnswer | undefined {
  if (method !== 'POST') return textAnswer('only POST\n', 405)
  const type = headers['content-type'] ?? ''
  if (!JSON_TYPE.test(type)) return textAnswer(`the content type is '${type}'; application/json is expected\n`, 415)
  if (Number(headers['content-length'] ?? 0) > MOST_BODY_BYTES) return textAnswer(`the body is larger than ${MOST_BODY_BYTES} bytes\n`, 413)
  return undefined
}
