import type { Labels, MutualTlsMode, ObjectOf } from '@meshwork/config/kinds'
import type { PeerTls } from '../translate/listeners/inputs.ts'
import { hasLabels } from '../translate/routes/static-match.ts'

const MODES: Readonly<Record<Exclude<MutualTlsMode, 'UNSET'>, PeerTls>> = { DISABLE: 'disable', PERMISSIVE: 'permissive', STRICT: 'strict' }

export interface PeerTlsTarget {
  readonly namespace: string
  readonly labels: Labels
  /** Port of the workload; undefined for ports that nothing declares. */
  readonly port: number | undefined
}

/** What a workload's port accepts: the most specific rule wins (port, workload, namespace, mesh), the oldest of equals; else permissive. */
export function peerTlsFor(rules: readonly ObjectOf<'PeerAuthentication'>[], rootNamespace: string, target: PeerTlsTarget): PeerTls {
  const inNamespace = rules.filter(rule => rule.meta.namespace === target.namespace)
  const forWorkload = inNamespace.filter(rule => {
    const labels = rule.spec.selector?.matchLabels ?? {}
    return Object.keys(labels).length > 0 && hasLabels(target.labels, labels)
  })
  const [workload] = forWorkload
  const portMode = target.port === undefined ? undefined : workload?.spec.portLevelMtls[String(target.port)]?.mode
  const candidates = [
    portMode,
    workload?.spec.mtls.mode,
    inNamespace.find(isWide)?.spec.mtls.mode,
    rules.find(rule => rule.meta.namespace === rootNamespace && isWide(rule))?.spec.mtls.mode,
  ]
  for (const mode of candidates) if (mode !== undefined && mode !== 'UNSET') return MODES[mode]
  return 'permissive'
}

function isWide(rule: ObjectOf<'PeerAuthentication'>): boolean {
  return Object.keys(rule.spec.selector?.matchLabels ?? {}).length === 0
}
