import type { HeaderTable } from '../http/header-table.ts'
import type { HashPolicy } from '../model/hash-policy.ts'
import { combineHashes, type Hash64, hashText } from '../upstream/hash/hash64.ts'
import { xxHash64 } from '../upstream/hash/xx-hash.ts'
import { compileSubstitution } from './rewrite-path.ts'

/** What a request shows to hash policies. */
export interface HashedRequest {
  /** With query. */
  readonly path: string
  readonly requestHeaders: HeaderTable
  readonly connection: {
    readonly remoteAddress: string
    readonly remotePort: number
    readonly localAddress: string
    readonly localPort: number
  }
}

/** The hash of a request, and the cookies that keep it for the next one. */
export interface RequestHash {
  /** null: no policy found anything. */
  readonly hash: Hash64 | null
  /** Values of `set-cookie`. */
  readonly cookies: readonly string[]
}

type HashSource = (request: HashedRequest, cookies: string[]) => Hash64 | null

/** The hash policies of a route, ready to be asked. */
export class HashPolicies {
  private readonly sources: readonly { readonly terminal: boolean; readonly source: HashSource }[]

  constructor(policies: readonly HashPolicy[]) {
    this.sources = policies.map(policy => ({ terminal: policy.terminal, source: sourceOf(policy) }))
  }

  compute(request: HashedRequest): RequestHash {
    const cookies: string[] = []
    let hash: Hash64 | null = null
    for (const { terminal, source } of this.sources) {
      const next = source(request, cookies)
      if (next !== null) hash = combineHashes(hash, next)
      if (terminal && hash !== null) break
    }
    return { hash, cookies }
  }
}

function sourceOf(policy: HashPolicy): HashSource {
  switch (policy.kind) {
    case 'header':
      return headerHash(policy.name, policy.rewrite === null ? null : compileSubstitution(policy.rewrite))
    case 'cookie':
      return (request, cookies) => cookieHash(policy, request, cookies)
    case 'source-ip':
      return ({ connection }) => (connection.remoteAddress === '' ? null : xxHash64(connection.remoteAddress))
    case 'query-parameter':
      return ({ path }) => {
        const value = queryParameter(path, policy.name)
        return value === null ? null : xxHash64(value)
      }
  }
}

/** Several lines hash to the same in any order. */
function headerHash(name: string, rewrite: ((text: string) => string) | null): HashSource {
  return ({ requestHeaders }) => {
    const values: string[] = []
    for (let i = requestHeaders.find(name); i >= 0; i = requestHeaders.find(name, i + 1)) values.push(requestHeaders.values[i] ?? '')
    if (values.length === 0) return null
    const rewritten = rewrite === null ? values : values.map(rewrite)
    let hash: Hash64 | undefined
    for (const value of rewritten.toSorted()) hash = xxHash64(value, hash)
    return hash ?? null
  }
}

function cookieHash(policy: Extract<HashPolicy, { kind: 'cookie' }>, request: HashedRequest, cookies: string[]): Hash64 | null {
  const sent = requestCookie(request.requestHeaders, policy.name)
  if (sent !== '') return xxHash64(sent)
  if (policy.ttlMs === null) return null
  // As Envoy makes it: the same for all requests of a connection.
  const { remoteAddress, remotePort, localAddress, localPort } = request.connection
  const value = hashText(xxHash64(`${remoteAddress}:${remotePort}${localAddress}:${localPort}`))
  const age = policy.ttlMs === 0 ? '' : `; Max-Age=${Math.floor(policy.ttlMs / 1000)}`
  const path = policy.path === '' ? '' : `; Path=${policy.path}`
  cookies.push(`${policy.name}="${value}"${age}${path}${policy.attributes}; HttpOnly`)
  return xxHash64(value)
}

/** Value of the first cookie of this name without quotes; empty when there is none. */
function requestCookie(headers: HeaderTable, name: string): string {
  for (let i = headers.find('cookie'); i >= 0; i = headers.find('cookie', i + 1)) {
    for (const pair of (headers.values[i] ?? '').split(';')) {
      const equals = pair.indexOf('=')
      if (equals >= 0 && pair.slice(0, equals).trim() === name) return unquoted(pair.slice(equals + 1).trim())
    }
  }
  return ''
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

/** Value of the first parameter of this name as it stands, not decoded; null when there is none. */
function queryParameter(path: string, name: string): string | null {
  const question = path.indexOf('?')
  if (question < 0) return null
  const fragment = path.indexOf('#', question)
  const query = path.slice(question + 1, fragment < 0 ? undefined : fragment)
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1)
  }
  return null
}
