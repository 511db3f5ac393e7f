import type { Jwt } from './jwt.ts'
import type { KeySet } from './key-set.ts'

const MAX_TOKENS = 1000
/** Longer tokens are verified each time. */
const MAX_LENGTH = 4096

/**
 * Tokens whose signature was right, the most recently used kept: a token that is sent again costs a look-up. Tokens with wrong
 * signatures are not remembered, so that nobody can push out the good ones. Valid for one key set only.
 */
export class VerifiedTokens {
  private keys: KeySet | null = null
  /** The one that was used last. */
  private newest: Jwt | null = null
  private readonly tokens = new Map<string, Jwt>()

  get(text: string, keys: KeySet | null): Jwt | null {
    if (keys === null || keys !== this.keys) return null
    const known = this.tokens.get(text)
    if (known === undefined) return null
    if (known !== this.newest) {
      this.tokens.delete(text)
      this.tokens.set(text, known)
      this.newest = known
    }
    return known
  }

  add(text: string, jwt: Jwt, keys: KeySet): void {
    if (text.length > MAX_LENGTH) return
    if (keys !== this.keys) {
      this.tokens.clear()
      this.keys = keys
    }
    const oldest = this.tokens.size >= MAX_TOKENS ? this.tokens.keys().next().value : undefined
    if (oldest !== undefined) this.tokens.delete(oldest)
    this.tokens.set(text, jwt)
    this.newest = jwt
  }
}
