/** What one service of the sample saw: see `examples/bookinfo/src/hop.ts`. */
export interface Hop {
  readonly service: string
  readonly version: string
  /** SPIFFE id of the caller's certificate, or `null` for plain text. */
  readonly caller: string | null
}

/** The hops that a product page was made of; `undefined` if the answer is not a whole page. */
export function readHops(text: string): readonly Hop[] | undefined {
  const body = parseJson(text)
  if (!isObject(body) || hasError(body['details']) || hasError(body['reviews'])) return undefined
  const hops = body['hops']
  return Array.isArray(hops) && hops.every(isHop) ? hops : undefined
}

function hasError(part: unknown): boolean {
  return !isObject(part) || 'error' in part
}

function isHop(value: unknown): value is Hop {
  return isObject(value) && typeof value['service'] === 'string' && typeof value['version'] === 'string' && 'caller' in value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
