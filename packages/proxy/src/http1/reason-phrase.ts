import { STATUS_CODES } from 'node:http'

/** Where Envoy's phrase is another one than Node's (`CodeUtility`): clients see no difference between the two proxies. */
const OTHERWISE: ReadonlyMap<number, string> = new Map([
  [418, 'Unknown'],
  [451, 'Unknown'],
  [509, 'Unknown'],
  [599, 'Last Unassigned Server Error Code'],
])

/** The phrase of a status, or `Unknown`. */
export function reasonPhrase(status: number): string {
  return OTHERWISE.get(status) ?? STATUS_CODES[status] ?? 'Unknown'
}
