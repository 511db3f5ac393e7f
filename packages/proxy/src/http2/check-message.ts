import { TARGET, TOKEN } from '../http1/char-classes.ts'
import type { FieldSection } from './field-section.ts'

/** A request's pseudo fields are as RFC 9113 8.3.1 and 8.5 and RFC 8441 4 want them. */
export function isRequest(section: FieldSection, allowConnect: boolean): boolean {
  const { method, scheme, path, protocol, target } = section
  if (method === null || section.status !== null || !isToken(method)) return false
  if (target !== null && !isVisible(target)) return false
  if (method === 'CONNECT' && protocol === null) return scheme === null && path === null && section.authority !== null && target !== ''
  if (protocol !== null && (method !== 'CONNECT' || !allowConnect || !isToken(protocol))) return false
  return scheme !== null && isToken(scheme) && path !== null && isPath(path, method)
}

/** The status, or 0 if the section is not a response head. 101 does not exist in HTTP/2 (RFC 9113 8.6). */
export function responseStatus(section: FieldSection): number {
  const { status } = section
  if (status === null || status.length !== 3) return 0
  if (section.method ?? section.scheme ?? section.authority ?? section.path ?? section.protocol) return 0
  const value = Number(status)
  return value >= 100 && value <= 999 && value !== 101 && Number.isInteger(value) ? value : 0
}

function isPath(path: string, method: string): boolean {
  if (path === '*') return method === 'OPTIONS'
  return path.charCodeAt(0) === 47 && isVisible(path)
}

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false
  return text.length > 0
}

function isVisible(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (TARGET[text.charCodeAt(i)] !== 1) return false
  return true
}
