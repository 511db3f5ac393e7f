const MAX_VALUES = 1000
/** Longer values are cut each time. */
const MAX_LENGTH = 4096

/** What may stand in a compact token. */
const TOKEN = /^[A-Za-z0-9_\-.=]*/

/**
 * Cuts tokens out of header values. What was cut is remembered by value, bounded: clients send theirs with every request, and
 * the token that was found before is the same string again, whose hash is known.
 */
export class TokenCutter {
  private readonly known = new Map<string, { readonly prefix: string; readonly token: string | null }>()

  /** The token behind `prefix` in `value`; null without the prefix. */
  cut(value: string, prefix: string): string | null {
    const known = this.known.get(value)
    if (known !== undefined && known.prefix === prefix) return known.token
    const token = tokenAfter(value, prefix)
    if (value.length > MAX_LENGTH) return token
    if (this.known.size >= MAX_VALUES) this.known.clear()
    this.known.set(value, { prefix, token })
    return token
  }
}

function tokenAfter(value: string, prefix: string): string | null {
  const at = value.indexOf(prefix)
  return at < 0 ? null : (TOKEN.exec(value.slice(at + prefix.length).trimStart())?.[0] ?? '')
}
