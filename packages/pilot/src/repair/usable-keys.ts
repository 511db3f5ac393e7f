import { createPublicKey } from 'node:crypto'
import { err, ok, type Result } from '@meshwork/core/result'

/** More keys than an issuer ever has. */
const MOST_KEYS = 100
const LONGEST_SET = 1024 * 1024
const CURVES: ReadonlySet<unknown> = new Set(['P-256', 'P-384', 'P-521'])
/** Members that belong to private keys (RFC 7518 sections 6.2.2 and 6.3.2); `k` of symmetric keys stays, it is all they have. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

export interface UsableKeys {
  /** A JSON Web Key Set with at least one key. */
  readonly text: string
  /** Keys of the original that are not in it. */
  readonly leftOut: number
}

/**
 * The key set with only such keys as verifiers can use, without private parts: one that they cannot read would make a proxy
 * refuse its whole configuration. The error says why there is none.
 */
export function usableKeys(text: string): Result<UsableKeys, string> {
  if (text.length > LONGEST_SET) return err(`is longer than ${LONGEST_SET} characters`)
  const keys = listOf(text)
  if (keys === undefined) return err('is no JSON Web Key Set')
  const usable = keys.slice(0, MOST_KEYS).filter(isUsable).map(withoutPrivateParts)
  return usable.length === 0
    ? err('has no key that can verify anything')
    : ok({ text: JSON.stringify({ keys: usable }), leftOut: keys.length - usable.length })
}

type Key = Readonly<Record<string, unknown>>

/** Of a set (RFC 7517 section 5), or of a key that stands alone. */
function listOf(text: string): readonly Key[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isKey(value)) return undefined
    const { keys } = value
    if (Array.isArray(keys)) return keys.map(key => (isKey(key) ? key : {}))
    return value['kty'] === undefined ? undefined : [value]
  } catch {
    return undefined
  }
}

function isKey(value: unknown): value is Key {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isUsable(key: Key): boolean {
  for (const member of ['kid', 'alg']) if (key[member] !== undefined && typeof key[member] !== 'string') return false
  switch (key['kty']) {
    case 'oct':
      return typeof key['k'] === 'string' && key['k'] !== ''
    case 'RSA':
      return typeof key['n'] === 'string' && typeof key['e'] === 'string' && isPublicKey(key)
    case 'EC':
      return CURVES.has(key['crv']) && isPublicKey(key)
    case 'OKP':
      return key['crv'] === 'Ed25519' && isPublicKey(key)
    default:
      return false
  }
}

function isPublicKey(key: Key): boolean {
  try {
    // Node checks the members that it needs; what it cannot make a key of, no verifier can.
    createPublicKey({ key: { ...withoutPrivateParts(key) }, format: 'jwk' })
    return true
  } catch {
    return false
  }
}

function withoutPrivateParts(key: Key): Key {
  return Object.fromEntries(Object.entries(key).filter(([member]) => !PRIVATE_MEMBERS.includes(member)))
}
