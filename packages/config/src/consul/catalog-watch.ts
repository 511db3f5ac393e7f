import { messageOf } from '@meshwork/core/result'
import { Backoff, type Clock, sleep } from '@meshwork/core/time'

export interface CatalogWatchOptions {
  /** `http://127.0.0.1:8500` */
  readonly url: string
  /** Sent as `X-Consul-Token`; empty for none. */
  readonly token: string
  /** How long the server may hold a question back, in milliseconds. */
  readonly waitMs: number
  /** Pause between questions to a server that does not hold them back, in milliseconds. */
  readonly pollMs: number
  readonly clock: Clock
  /** Told of each failure after which there was none before, and with null of each success after one. */
  readonly failed: (path: string, reason: string | null) => void
}

/** One answer; `index` is undefined where the server gives none. */
interface Answer {
  readonly body: unknown
  readonly index: number | undefined
}

const LARGEST_ANSWER = 32 * 1024 * 1024
/** Above what the server adds to `wait` by itself, a sixteenth. */
const GRACE_MS = 10_000
const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 30_000

/**
 * Follows one path of Consul's HTTP API until `signal` aborts: by blocking queries, each for what comes after the index of the last
 * answer, and by asking again and again where there is no index. `changed` gets every answer.
 */
export async function watchCatalog(
  path: string,
  options: CatalogWatchOptions,
  signal: AbortSignal,
  changed: (body: unknown) => void,
): Promise<void> {
  const { clock, failed } = options
  const backoff = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LONGEST_RETRY_MS })
  let index = 0
  let isFailing = false
  while (!signal.aborted) {
    try {
      const answer = await ask(path, index, options, signal)
      if (isFailing) failed(path, null)
      isFailing = false
      backoff.reset()
      changed(answer.body)
      index = nextIndex(index, answer.index)
      if (index === 0) await sleep(clock, options.pollMs, signal)
    } catch (error) {
      if (signal.aborted) return
      if (!isFailing) failed(path, messageOf(error))
      isFailing = true
      // The server may have been replaced by one that counts from the start.
      index = 0
      await sleep(clock, backoff.nextMs(), signal)
    }
  }
}

/** An index that goes back means a new server: begin again. An index of 0 would not block. */
function nextIndex(before: number, after: number | undefined): number {
  return after === undefined || after < before || after < 1 ? 0 : after
}

async function ask(path: string, index: number, options: CatalogWatchOptions, signal: AbortSignal): Promise<Answer> {
  const { url, token, waitMs } = options
  const blocking = index === 0 ? '' : `?index=${index}&wait=${waitMs}ms`
  const response = await fetch(`${url}${path}${blocking}`, {
    headers: token === '' ? {} : { 'X-Consul-Token': token },
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs + waitMs / 16 + GRACE_MS)]),
  })
  const text = await limitedText(response)
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 200)}`)
  const stated = Number(response.headers.get('X-Consul-Index') ?? Number.NaN)
  return { body: JSON.parse(text), index: Number.isSafeInteger(stated) ? stated : undefined }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > LARGEST_ANSWER) throw new Error(`the answer is longer than ${LARGEST_ANSWER} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
