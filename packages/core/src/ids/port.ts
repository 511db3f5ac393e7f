import { err, ok, type Result } from '../result/result.ts'

declare const portBrand: unique symbol
/** A TCP port, 1 to 65535. */
export type Port = number & { readonly [portBrand]: true }

function isPort(value: number): value is Port {
  return Number.isInteger(value) && value >= 1 && value <= 65_535
}

export function parsePort(value: number | string): Result<Port, string> {
  const number = typeof value === 'number' ? value : /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  return isPort(number) ? ok(number) : err(`'${value}' is not a port (1 to 65535)`)
}
