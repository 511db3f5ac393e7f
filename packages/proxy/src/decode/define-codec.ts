import { err, messageOf, ok, type Result, violation, type Violation } from '@meshwork/core/result'
import type { RuntimeFractionalPercent } from '@meshwork/protos/envoy/config/core/v3/base'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { Report } from './report.ts'
import { partsPerMillion } from './scalars.ts'

/** Decodes the bytes of one message: checks its fields against `policy`, then reads it. Bytes that are none are a violation. */
export function codecFor<M extends object, T>(
  message: { decode(bytes: Uint8Array): M },
  policy: FieldPolicy<M>,
  read: (message: M, report: Report) => T,
): (bytes: Uint8Array) => Result<T, readonly Violation[]> {
  return bytes => {
    try {
      const decoded = message.decode(bytes)
      const report = new Report()
      refuseOtherFields(decoded, policy, report)
      const value = read(decoded, report)
      return report.violations.length === 0 ? ok(value) : err(report.violations)
    } catch (error) {
      return err([violation('', 'malformed', messageOf(error))])
    }
  }
}

export const ALL_PPM = 1_000_000

/** Share of requests in parts of a million; runtime keys have no runtime to look them up. */
export function runtimeShare(fraction: RuntimeFractionalPercent | undefined, fallback: number): number {
  if (fraction === undefined) return fallback
  return fraction.defaultValue === undefined ? ALL_PPM : partsPerMillion(fraction.defaultValue)
}
