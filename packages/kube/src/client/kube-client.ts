import { type IncomingMessage } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { MeshError } from '@meshwork/core/result'

export interface KubeAnswer {
  readonly status: number
  readonly body: unknown
}

/** The largest page of a list, and the longest event of a watch: API servers keep objects up to 1.5 MiB. */
const MOST_BODY_BYTES = 64 * 1024 * 1024
const LONGEST_LINE = 8 * 1024 * 1024
const ANSWER_LIMIT_MS = 60_000
/** Longer than a watch that nothing happens on stays open; bookmarks come every minute. */
const SILENCE_LIMIT_MS = 330_000

/** Speaks with one API server over HTTPS. Credentials are renewed as the kubeconfig says. */
export class KubeClient {
  private readonly config: KubeConfig

  private constructor(config: KubeConfig) {
    this.config = config
  }

  /** Throws KUBECONFIG_UNUSABLE. */
  static fromFile(file: string): KubeClient {
    const config = new KubeConfig()
    try {
      config.loadFromFile(file)
    } catch (error) {
      throw unusable(`cannot read the kubeconfig ${file}`, error)
    }
    if (config.getCurrentCluster() === null) throw unusable(`the kubeconfig ${file} names no current cluster`)
    return new KubeClient(config)
  }

  /** One answer, whatever its status; throws if there is none. `path` begins with a slash. */
  async get(path: string, signal: AbortSignal): Promise<KubeAnswer> {
    const message = await this.open(path, signal, ANSWER_LIMIT_MS)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of message) {
      if (!(chunk instanceof Buffer)) continue
      bytes += chunk.length
      if (bytes > MOST_BODY_BYTES)
        throw new MeshError('KUBE_ANSWER_TOO_LARGE', `the answer to ${path} is larger than ${MOST_BODY_BYTES} bytes`)
      chunks.push(chunk)
    }
    return { status: message.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString()) }
  }

  /** Calls `take` with each line of JSON until the server ends the stream. Gives the status; lines come with 200 only. */
  async watch(path: string, signal: AbortSignal, take: (event: unknown) => void): Promise<number> {
    const message = await this.open(path, signal, SILENCE_LIMIT_MS)
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

  private async open(path: string, signal: AbortSignal, silenceMs: number): Promise<IncomingMessage> {
    const options: RequestOptions = { headers: { accept: 'application/json' }, signal, timeout: silenceMs }
    await this.config.applyToHTTPSOptions(options)
    const url = new URL(path, this.config.getCurrentCluster()?.server)
    return new Promise((resolve, reject) => {
      const call = request(url, options, resolve)
      call.on('timeout', () => call.destroy(new MeshError('KUBE_SILENT', `the API server has said nothing for ${silenceMs} ms`)))
      call.on('error', reject).end()
    })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unusable(reason: string, cause?: unknown): MeshError {
  return new MeshError('KUBECONFIG_UNUSABLE', reason, { source: 'config', cause, nextStep: 'name a kubeconfig with which kubectl works' })
}
