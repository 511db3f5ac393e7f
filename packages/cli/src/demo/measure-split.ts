import type { Hop } from './bookinfo-answer.ts'
import type { VersionShare } from './report.ts'

/** Four standard deviations: a right split is called wrong once in ten thousand runs. */
const SIGMAS = 4

export function versionShares(
  pages: readonly (readonly Hop[])[],
  service: string,
  configured: ReadonlyMap<string, number>,
): readonly VersionShare[] {
  const versions = pages.flatMap(hops => hops.filter(hop => hop.service === service).map(hop => hop.version))
  return [...configured].map(([version, configuredPercent]) => {
    const requests = versions.filter(each => each === version).length
    const measuredPercent = versions.length === 0 ? 0 : (requests / versions.length) * 100
    return { version, configuredPercent, measuredPercent: Math.round(measuredPercent * 10) / 10, requests }
  })
}

/** Whether the measured shares are what chance may make of the configured ones. */
export function splitHolds(shares: readonly VersionShare[]): boolean {
  const total = shares.reduce((sum, share) => sum + share.requests, 0)
  if (total === 0) return false
  return shares.every(({ configuredPercent, requests }) => {
    const p = configuredPercent / 100
    return Math.abs(requests - total * p) <= SIGMAS * Math.sqrt(total * p * (1 - p)) + 1
  })
}
