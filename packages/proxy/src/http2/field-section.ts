import type { HeaderName } from '../http/header-name.ts'
import { HeaderTable } from '../http/header-table.ts'
import { ENTRY_OVERHEAD, FIELD_AUTHORITY, FIELD_BAD, FIELD_CONTENT_LENGTH, FIELD_COOKIE, FIELD_HOST, FIELD_METHOD } from './hpack-entry.ts'
import { FIELD_PATH, FIELD_PROTOCOL, FIELD_REGULAR, FIELD_SCHEME } from './hpack-entry.ts'

/** What is wrong with a field section as a whole. */
export const SECTION_OK = 0
export const SECTION_MALFORMED = 1
export const SECTION_TOO_LARGE = 2

/** 15 digits stay below 2^53. */
const MAX_LENGTH_DIGITS = 15

/**
 * One decoded header or trailer section. The decoder fills it field by field; limits hold while it does, so that a small block
 * cannot become a large table. Reused; `headers` is handed on and replaced. Null stands for pseudo fields that did not come.
 */
export class FieldSection {
  headers: HeaderTable = new HeaderTable()
  method: string | null = null
  scheme: string | null = null
  authority: string | null = null
  path: string | null = null
  protocol: string | null = null
  status: string | null = null
  /** -1: none. */
  contentLength = -1
  /** One of `SECTION_*`. */
  verdict: number = SECTION_OK
  /** Pseudo fields came, of whatever kind. */
  hasPseudo = false
  private host: string | null = null
  private hasRegular = false
  private bytes = 0
  private count = 0
  private cookieAt = -1
  private readonly maxBytes: number
  private readonly maxFields: number

  constructor(maxBytes: number, maxFields: number) {
    this.maxBytes = maxBytes
    this.maxFields = maxFields
  }

  begin(): void {
    this.headers = new HeaderTable()
    this.method = null
    this.scheme = null
    this.authority = null
    this.path = null
    this.protocol = null
    this.status = null
    this.contentLength = -1
    this.verdict = SECTION_OK
    this.hasPseudo = false
    this.host = null
    this.hasRegular = false
    this.bytes = 0
    this.count = 0
    this.cookieAt = -1
  }

  /** `:authority`, or `host` without it. */
  get target(): string | null {
    return this.authority ?? this.host
  }

  /** `kind` is one of `FIELD_*`. */
  add(name: HeaderName, value: string, kind: number): void {
    this.bytes += name.key.length + value.length + ENTRY_OVERHEAD
    this.count++
    if (this.bytes > this.maxBytes || this.count > this.maxFields) {
      this.verdict = SECTION_TOO_LARGE
      return
    }
    if (kind === FIELD_REGULAR) {
      this.hasRegular = true
      this.headers.names.push(name)
      this.headers.values.push(value)
    } else {
      this.addSpecial(name, value, kind)
    }
  }

  private addSpecial(name: HeaderName, value: string, kind: number): void {
    if (kind >= FIELD_METHOD) {
      this.addPseudo(value, kind)
      return
    }
    this.hasRegular = true
    if (kind === FIELD_COOKIE) this.addCookie(name, value)
    else if (kind === FIELD_CONTENT_LENGTH) this.addContentLength(name, value)
    else if (kind === FIELD_HOST) this.addHost(value)
    else if (kind === FIELD_BAD) this.malformed()
  }

  /** Crumbs become one line again (RFC 9113 8.2.3). */
  private addCookie(name: HeaderName, value: string): void {
    const { names, values } = this.headers
    if (this.cookieAt >= 0) {
      const before = values[this.cookieAt] ?? ''
      values[this.cookieAt] = before === '' || value === '' ? before + value : `${before}; ${value}`
      return
    }
    this.cookieAt = names.length
    names.push(name)
    values.push(value)
  }

  private addContentLength(name: HeaderName, value: string): void {
    const length = parseLength(value)
    if (length < 0 || this.contentLength >= 0) {
      this.malformed()
      return
    }
    this.contentLength = length
    this.headers.names.push(name)
    this.headers.values.push(value)
  }

  private addHost(value: string): void {
    if (this.host === null) this.host = value
    else this.malformed()
  }

  /** Each once at most, and before all other fields (RFC 9113 8.3). */
  private addPseudo(value: string, kind: number): void {
    this.hasPseudo = true
    const taken = this.hasRegular || this.pseudo(kind) !== null
    if (taken) this.malformed()
    else if (kind === FIELD_METHOD) this.method = value
    else if (kind === FIELD_SCHEME) this.scheme = value
    else if (kind === FIELD_AUTHORITY) this.authority = value
    else if (kind === FIELD_PATH) this.path = value
    else if (kind === FIELD_PROTOCOL) this.protocol = value
    else this.status = value
  }

  private pseudo(kind: number): string | null {
    if (kind === FIELD_METHOD) return this.method
    if (kind === FIELD_SCHEME) return this.scheme
    if (kind === FIELD_AUTHORITY) return this.authority
    if (kind === FIELD_PATH) return this.path
    return kind === FIELD_PROTOCOL ? this.protocol : this.status
  }

  private malformed(): void {
    if (this.verdict === SECTION_OK) this.verdict = SECTION_MALFORMED
  }
}

function parseLength(text: string): number {
  if (text.length === 0 || text.length > MAX_LENGTH_DIGITS) return -1
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    length = length * 10 + digit
  }
  return length
}
