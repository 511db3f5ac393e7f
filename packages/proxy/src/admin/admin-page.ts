/** One request to the admin interface. */
export interface AdminRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
}

export interface AdminAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** One page. Pages with `changes` answer POST only, all others GET and HEAD only: reading never changes anything. */
export interface AdminPage {
  readonly path: string
  readonly help: string
  readonly changes: boolean
  answer(request: AdminRequest): AdminAnswer
}

export function textAnswer(body: string, status: number = 200): AdminAnswer {
  return { status, contentType: 'text/plain; charset=UTF-8', body }
}

export function jsonAnswer(value: unknown): AdminAnswer {
  const body = JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each), 1)
  return { status: 200, contentType: 'application/json', body: `${body}\n` }
}
