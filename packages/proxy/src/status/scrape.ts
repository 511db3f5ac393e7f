import { type IncomingMessage, request } from 'node:http'
import { StringDecoder } from 'node:string_decoder'
import type { Clock } from '@meshwork/core/time'
import { ExpositionCheck } from './exposition-check.ts'

export interface ScrapeTarget {
  readonly host: string
  readonly port: number
  readonly path: string
}

export interface ScrapedPage {
  readonly status: number
  readonly body: string
}

/** From the question to the last byte. Prometheus itself waits 10 s by default. */
const SCRAPE_TIMEOUT_MS = 5000
const MAX_SCRAPE_BYTES = 8 * 1024 * 1024

/** Looks at the text of a page as it comes; null ends the reading. */
interface PageReader {
  take(piece: string): string | null
  finish(): string | null
}

const ANY_TEXT: PageReader = { take: piece => piece, finish: () => '' }

/** The metrics of another program of this machine; null when it did not answer in time, with a page of metrics within the limit. */
export async function scrape(target: ScrapeTarget, clock: Clock): Promise<string | null> {
  const page = await readPage(target, clock, new ExpositionCheck())
  return page?.status === 200 ? page.body : null
}

/** A page of another program of this machine; null when there was no whole answer in time and within the limit. */
export function scrapePage(target: ScrapeTarget, clock: Clock): Promise<ScrapedPage | null> {
  return readPage(target, clock, ANY_TEXT)
}

function readPage({ host, port, path }: ScrapeTarget, clock: Clock, reader: PageReader): Promise<ScrapedPage | null> {
  return new Promise(resolve => {
    // OpenMetrics is not asked for: two texts of the older format can be joined.
    const headers = { accept: 'text/plain;version=0.0.4;q=1,*/*;q=0.1' }
    const end = (page: ScrapedPage | null): void => {
      timer.cancel()
      call.destroy()
      resolve(page)
    }
    const call = request({ host, port, path, headers, agent: false }, response => readAnswer(response, reader, end))
    const timer = clock.after(SCRAPE_TIMEOUT_MS, () => end(null))
    call.on('error', () => end(null))
    call.end()
  })
}

function readAnswer(response: IncomingMessage, reader: PageReader, done: (page: ScrapedPage | null) => void): void {
  const decoder = new StringDecoder('utf8')
  let body = ''
  let bytes = 0
  const add = (lines: string | null): boolean => {
    body += lines ?? ''
    return lines !== null
  }
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_SCRAPE_BYTES || !add(reader.take(decoder.write(chunk)))) done(null)
  })
  response.on('end', () => done(add(reader.finish()) ? { status: response.statusCode ?? 0, body } : null))
  response.on('error', () => done(null))
  response.on('close', () => {
    if (!response.complete) done(null)
  })
}
