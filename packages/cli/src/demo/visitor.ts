import { Agent, request } from 'undici'
import { type Hop, readHops } from './bookinfo-answer.ts'

/** One request as the visitor outside of the mesh saw it. Status 0 means that there was no answer. */
export interface Visit {
  readonly status: number
  readonly text: string
  readonly hops: readonly Hop[] | undefined
}

/** Calls the gateway over a few kept connections, like a browser would. */
export class Visitor {
  private readonly base: string
  private readonly agent = new Agent({ connections: 8, pipelining: 1 })

  constructor(base: string) {
    this.base = base
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Visit> {
    try {
      const { statusCode, body } = await request(`${this.base}${path}`, {
        dispatcher: this.agent,
        headers,
        headersTimeout: 10_000,
        bodyTimeout: 10_000,
      })
      const text = await body.text()
      return { status: statusCode, text, hops: statusCode === 200 ? readHops(text) : undefined }
    } catch (error) {
      return { status: 0, text: error instanceof Error ? error.message : String(error), hops: undefined }
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy()
  }
}

/** A whole product page: the answer is good and none of its parts is missing. */
export function isWhole(visit: Visit): boolean {
  return visit.status === 200 && visit.hops !== undefined
}

export const PRODUCT_PATH = '/api/v1/products/0'
