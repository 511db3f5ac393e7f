import { STATUS_CODES } from 'node:http'

/** The registered phrase of a status, or `Unknown`. */
export function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown'
}
