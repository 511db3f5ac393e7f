/** What a page of an `HttpEndpoint` says. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export function textAnswer(body: string, status: number = 200): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}
