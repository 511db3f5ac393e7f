import { err, ok, type Result } from '@meshwork/core/result'
import { usableKeys } from '../repair/usable-keys.ts'
import type { KeyPlace } from '../translate/security/token-keys.ts'
import { getText } from './get-text.ts'

const DISCOVERY_PATH = '/.well-known/openid-configuration'

/** The usable keys at a place; by way of the issuer's discovery document (OpenID Connect Discovery 1.0 section 4) where only it is known. */
export async function fetchKeys(place: KeyPlace, timeoutMs: number, signal: AbortSignal): Promise<Result<string, string>> {
  const uri = place.kind === 'uri' ? { kind: 'ok' as const, value: place.uri } : await discover(place.issuer, timeoutMs, signal)
  if (uri.kind === 'err') return uri
  const url = httpUrl(uri.value)
  if (url === undefined) return err(`${uri.value} is no URL of http or https`)
  const text = await getText(url, timeoutMs, signal)
  if (text.kind === 'err') return err(`${uri.value} ${text.error}`)
  const keys = usableKeys(text.value)
  return keys.kind === 'ok' ? ok(keys.value.text) : err(`what ${uri.value} answered ${keys.error}`)
}

async function discover(issuer: string, timeoutMs: number, signal: AbortSignal): Promise<Result<string, string>> {
  const url = httpUrl(issuer.replace(/\/$/, '') + DISCOVERY_PATH)
  if (url === undefined) return err(`issuer '${issuer}' is no URL, so its keys cannot be discovered`)
  const text = await getText(url, timeoutMs, signal)
  if (text.kind === 'err') return err(`${url.href} ${text.error}`)
  try {
    const document: unknown = JSON.parse(text.value)
    const uri = typeof document === 'object' && document !== null && 'jwks_uri' in document ? document.jwks_uri : undefined
    return typeof uri === 'string' ? { kind: 'ok', value: uri } : err(`${url.href} names no jwks_uri`)
  } catch {
    return err(`${url.href} answered with something that is not JSON`)
  }
}

function httpUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') ? undefined : url
}
