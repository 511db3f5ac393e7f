import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent, request, type RequestOptions } from 'node:https'
import { MeshError } from '@meshwork/core/result'
import type { ClusterAccess } from './cluster-access.ts'
import { inClusterAccess, type InClusterOptions } from './in-cluster-access.ts'
import { kubeconfigAccess, kubeconfigFileAccess } from './kubeconfig-access.ts'

export interface KubeAnswer {
  readonly status: number
  readonly body: unknown
}

export interface KubeText {
  readonly status: number
  readonly text: string
}

/** `--in-cluster` and `--kubeconfig FILE`, as every component of the control plane has them. */
export interface ClusterFlags {
  readonly inCluster?: boolean
  readonly kubeconfig?: string
}

export interface KubeCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Begins with a slash. */
  readonly path: string
  readonly body?: unknown
  /** `application/json` unless said otherwise; tells how a PATCH is meant. */
  readonly contentType?: string
}

export interface ApplyOptions {
  /** As whom fields are owned. */
  readonly fieldManager: string
  /** Take fields from other owners; without it the server answers 409. */
  readonly force?: boolean
}

/** The largest page of a list, and the longest event of a watch: API servers keep objects up to 1.5 MiB. */
const MOST_BODY_BYTES = 64 * 1024 * 1024
const LONGEST_LINE = 8 * 1024 * 1024
const ANSWER_LIMIT_MS = 60_000
/**
 * A watch that says nothing for so long has lost its server, which may have gone without a word. Measured of Kubernetes 1.34: the first
 * bookmark of an idle watch comes within two minutes, the next ones every minute.
 */
const SILENCE_LIMIT_MS = 180_000
/** Well below the 90 s after which an API server closes a connection that nobody uses. */
const IDLE_CONNECTION_MS = 30_000
const UNAUTHORIZED = 401

/** Speaks with one API server over HTTPS, as whoever its access says. */
export class KubeClient {
  /** Where the caller is at home. */
  readonly namespace: string
  /** What messages call the server. */
  readonly server: string
  private readonly access: ClusterAccess
  private readonly agent = new Agent({ keepAlive: true, maxFreeSockets: 4, timeout: IDLE_CONNECTION_MS })

  constructor(access: ClusterAccess) {
    this.access = access
    this.namespace = access.namespace
    this.server = access.server.origin
  }

  /** As a kubeconfig on disk says, by its current context or another one. Throws KUBECONFIG_UNUSABLE. */
  static fromFile(file: string, context?: string): KubeClient {
    return new KubeClient(kubeconfigFileAccess(file, context))
  }

  /** As a kubeconfig from elsewhere says, a Secret for example: it may name no files and no programs. Throws KUBECONFIG_UNUSABLE. */
  static fromText(text: string, name: string): KubeClient {
    return new KubeClient(kubeconfigAccess(text, { name, folder: null }))
  }

  /** As the service account of the pod. Throws NOT_IN_CLUSTER. */
  static inCluster(options: InClusterOptions = {}): KubeClient {
    return new KubeClient(inClusterAccess(options))
  }

  /** The cluster that flags name, or null. Throws KUBECONFIG_UNUSABLE, NOT_IN_CLUSTER or FLAGS_CONTRADICT. */
  static ofFlags({ inCluster = false, kubeconfig }: ClusterFlags): KubeClient | null {
    if (inCluster && kubeconfig !== undefined) {
      const nextStep = 'pass one of them'
      throw new MeshError('FLAGS_CONTRADICT', '--in-cluster and --kubeconfig name two clusters', { source: 'config', nextStep })
    }
    if (inCluster) return KubeClient.inCluster()
    return kubeconfig === undefined ? null : KubeClient.fromFile(kubeconfig)
  }

  get(path: string, signal?: AbortSignal): Promise<KubeAnswer> {
    return this.call({ method: 'GET', path }, signal)
  }

  /** `path` is that of the collection. 409: there is one already. */
  create(path: string, body: unknown, signal?: AbortSignal): Promise<KubeAnswer> {
    return this.call({ method: 'POST', path, body }, signal)
  }

  /** With a `resourceVersion` in the body 409 says that somebody else wrote in between. */
  replace(path: string, body: unknown, signal?: AbortSignal): Promise<KubeAnswer> {
    return this.call({ method: 'PUT', path, body }, signal)
  }

  /** Server-side apply: makes the object, or changes the fields that the body names. */
  apply(path: string, body: unknown, { fieldManager, force = false }: ApplyOptions, signal?: AbortSignal): Promise<KubeAnswer> {
    const query = `${path.includes('?') ? '&' : '?'}fieldManager=${encodeURIComponent(fieldManager)}&force=${force}`
    return this.call({ method: 'PATCH', path: path + query, body, contentType: 'application/apply-patch+yaml' }, signal)
  }

  /** JSON Merge Patch (RFC 7396). */
  merge(path: string, body: unknown, signal?: AbortSignal): Promise<KubeAnswer> {
    return this.call({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, signal)
  }

  delete(path: string, signal?: AbortSignal): Promise<KubeAnswer> {
    return this.call({ method: 'DELETE', path }, signal)
  }

  /** One answer, whatever its status; throws if there is none. */
  async call(call: KubeCall, signal?: AbortSignal): Promise<KubeAnswer> {
    const { status, text } = await this.exchange(call, signal)
    return { status, body: parsed(text) }
  }

  /** For what is no JSON: pages of a pod by way of the API server. */
  getText(path: string, signal?: AbortSignal): Promise<KubeText> {
    return this.exchange({ method: 'GET', path }, signal)
  }

  private async exchange(call: KubeCall, signal: AbortSignal | undefined): Promise<KubeText> {
    const message = await this.open(call, ANSWER_LIMIT_MS, signal)
    return { status: message.statusCode ?? 0, text: await textOf(message, call.path) }
  }

  /** What a page says that is no object, of a pod behind the server for example; undefined if there is none. */
  async page(path: string, signal?: AbortSignal): Promise<string | undefined> {
    const { status, text } = await this.getText(path, signal)
    return status === 200 ? text : undefined
  }

  /** PEM of the roots by which the server is known, for others who are to reach it; '' where well-known ones vouch for it. */
  async serverRoot(): Promise<string> {
    const { ca } = await this.access.credentials()
    return typeof ca === 'string' || ca instanceof Buffer ? ca.toString() : ''
  }

  /** Calls `take` with each line of JSON until the server ends the stream. Gives the status; lines come with 200 only. */
  async watch(path: string, signal: AbortSignal, take: (event: unknown) => void): Promise<number> {
    const message = await this.open({ method: 'GET', path }, SILENCE_LIMIT_MS, signal)
    if (message.statusCode !== 200) {
      message.destroy()
      return message.statusCode ?? 0
    }
    let rest = ''
    message.setEncoding('utf8')
    for await (const chunk of message) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST_LINE)
        throw new MeshError('KUBE_ANSWER_TOO_LARGE', `an event of ${path} is longer than ${LONGEST_LINE} characters`)
      for (const line of lines) if (line !== '') take(parsed(line))
    }
    return 200
  }

  private async open(call: KubeCall, silenceMs: number, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const credentials = await this.access.credentials()
    const { server } = this.access
    const text = call.body === undefined ? undefined : JSON.stringify(call.body)
    const headers = {
      accept: 'application/json',
      ...(text !== undefined && { 'content-type': call.contentType ?? 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...credentials.headers,
    }
    const base = { agent: this.agent, method: call.method, timeout: silenceMs, ...(signal !== undefined && { signal }) }
    const options: RequestOptions = { ...credentials, ...base, headers }
    // A server may stand below a path, as behind a gateway of several clusters.
    const url = new URL(server.pathname.replace(/\/$/, '') + call.path, server)
    const message = await answerTo(url, options, text, silenceMs)
    if (message.statusCode === UNAUTHORIZED) this.access.refused()
    return message
  }
}

async function textOf(message: IncomingMessage, path: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message) {
    if (!(chunk instanceof Buffer)) continue
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES)
      throw new MeshError('KUBE_ANSWER_TOO_LARGE', `the answer to ${path} is larger than ${MOST_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

async function answerTo(url: URL, options: RequestOptions, text: string | undefined, silenceMs: number): Promise<IncomingMessage> {
  const first = request(url, options)
  try {
    return await sent(first, text, silenceMs)
  } catch (error) {
    // The server may have closed a connection just as it was used again.
    if (!first.reusedSocket || options.signal?.aborted === true || error instanceof MeshError) throw error
    return sent(request(url, { ...options, agent: false }), text, silenceMs)
  }
}

function sent(call: ClientRequest, text: string | undefined, silenceMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.on('timeout', () => call.destroy(new MeshError('KUBE_SILENT', `the API server has said nothing for ${silenceMs} ms`)))
    call.on('response', resolve).on('error', reject).end(text)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
