import { MeshError } from '@meshwork/core/result'
import type { UpgradeFinding } from './behaviour-changes.ts'
import type { InstallRecord } from './install-record.ts'
import type { UpgradeRecord } from './upgrade-record.ts'

/** Minor versions that a control plane may be ahead of sidecars and of the one that it replaces. */
const MOST_MINORS = 2

/** What stands in the way of an upgrade, as far as the records tell. */
export function upgradeObstacles(
  before: InstallRecord,
  version: string,
  under: UpgradeRecord | undefined,
  to: string | undefined,
): readonly UpgradeFinding[] {
  return [unfinished(before), tooFar(before.version, version), older(before.version, version), underWay(under, to)].flatMap(
    finding => finding ?? [],
  )
}

/** Throws UPGRADE_OBSTACLE for the first finding that is an error. */
export function refuseObstacles(findings: readonly UpgradeFinding[]): void {
  const found = findings.find(({ level }) => level === 'error')
  if (found === undefined) return
  const { code, title, details, remedy } = found
  throw new MeshError('UPGRADE_OBSTACLE', `[${code}] ${title}: ${details.join('; ')}`, { source: 'config', nextStep: remedy })
}

function unfinished({ phase, version }: InstallRecord): UpgradeFinding | undefined {
  if (phase === 'installed') return undefined
  return {
    ...{ code: 'MU0001', level: 'warning', title: 'the last installation was interrupted' },
    details: [`version ${version} is not there as a whole`],
    remedy: 'the upgrade brings what is missing; what it replaces may have been broken before',
  }
}

function tooFar(from: string, to: string): UpgradeFinding | undefined {
  const [old, next] = [versionOf(from), versionOf(to)]
  if (old === undefined || next === undefined) return undefined
  if (old.major === next.major && next.minor - old.minor <= MOST_MINORS) return undefined
  return {
    ...{ code: 'MU0002', level: 'error', title: 'versions are too far apart' },
    details: [`${from} runs, and ${to} works beside versions of the last ${MOST_MINORS} minor releases`],
    remedy: 'upgrade to a version in between first, with its own meshctl',
  }
}

function older(from: string, to: string): UpgradeFinding | undefined {
  const [old, next] = [versionOf(from), versionOf(to)]
  if (old === undefined || next === undefined || old.major !== next.major || next.minor >= old.minor) return undefined
  return {
    ...{ code: 'MU0003', level: 'warning', title: 'this meshctl is older than what runs' },
    details: [`${from} runs, this would bring ${to}`],
    remedy: 'objects with fields that only the newer version knows are not carried out; meshctl analyze names them',
  }
}

function underWay(under: UpgradeRecord | undefined, to: string | undefined): UpgradeFinding | undefined {
  if (under === undefined || under.to === to) return undefined
  return {
    ...{ code: 'MU0004', level: 'error', title: 'another upgrade is under way' },
    details: [`from ${under.from} to ${under.to}: ${under.phase}`],
    remedy: 'meshctl upgrade rollback or finish ends it',
  }
}

function versionOf(text: string): { readonly major: number; readonly minor: number } | undefined {
  const match = /^v?(\d{1,5})\.(\d{1,5})(\.|-|$)/.exec(text)
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) }
}
