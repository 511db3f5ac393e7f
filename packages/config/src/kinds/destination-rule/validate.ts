import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn, checkWildcardDomain, isDnsLabel } from '../rules/hostname.ts'
import { checkExportTo, checkSelector } from '../rules/naming.ts'
import { checkPort } from '../rules/network.ts'
import type { DestinationRuleSpec, PortSettings, Subset, TrafficPolicy, TunnelSettings } from './type.ts'
import { validateConnectionPool } from './validate-connection-pool.ts'
import { validateLoadBalancer, warnOfLoadBalancer } from './validate-load-balancer.ts'
import { checkPercent, validateOutlierDetection } from './validate-outlier-detection.ts'
import { validateClientTls } from './validate-tls.ts'

export function validateDestinationRule(spec: DestinationRuleSpec): readonly Violation[] {
  return [
    ...checkWildcardDomain('spec.host', spec.host),
    ...(spec.trafficPolicy === undefined ? [] : validateTrafficPolicy('spec.trafficPolicy', spec.trafficPolicy)),
    ...validateSubsets(spec.subsets),
    ...checkExportTo('spec.exportTo', spec.exportTo, 'nobody-forbidden'),
    ...checkSelector('spec.workloadSelector.matchLabels', spec.workloadSelector?.matchLabels),
  ]
}

function validateSubsets(subsets: readonly Subset[]): readonly Violation[] {
  return subsets.flatMap((subset, i) => {
    const path = joinPath('spec.subsets', i)
    const violations: Violation[] = []
    if (!isDnsLabel(subset.name)) violations.push(violation(`${path}.name`, 'bad-name', `'${subset.name}' is not the name of a subset`))
    if (subsets.findIndex(other => other.name === subset.name) < i) {
      violations.push(violation(`${path}.name`, 'duplicate', `there is another subset '${subset.name}'`))
    }
    const policy = subset.trafficPolicy === undefined ? [] : validateTrafficPolicy(`${path}.trafficPolicy`, subset.trafficPolicy)
    return [...violations, ...checkSelector(`${path}.labels`, subset.labels), ...policy]
  })
}

function validateTrafficPolicy(path: string, policy: TrafficPolicy): readonly Violation[] {
  const violations = [...validatePortSettings(path, policy)]
  const { portLevelSettings, tunnel, proxyProtocol, retryBudget } = policy
  if (!hasSetting(policy) && portLevelSettings.length === 0 && [tunnel, proxyProtocol, retryBudget].every(part => part === undefined)) {
    violations.push(violation(path, 'empty-policy', 'a traffic policy must have at least one setting'))
  }
  violations.push(...checkPercent(`${path}.retryBudget.percent`, retryBudget?.percent))
  if (tunnel !== undefined) violations.push(...validateTunnel(`${path}.tunnel`, tunnel))
  if (tunnel !== undefined && proxyProtocol !== undefined)
    violations.push(violation(path, 'two-tunnels', 'tunnel and proxyProtocol cannot stand together'))
  portLevelSettings.forEach((settings, i) => {
    const place = `${path}.portLevelSettings[${i}]`
    violations.push(
      ...(settings.port === 0
        ? [violation(`${place}.port`, 'missing-field', 'is required')]
        : checkPort(`${place}.port.number`, settings.port)),
    )
    if (!hasSetting(settings)) violations.push(violation(place, 'empty-policy', 'must have at least one setting beside the port'))
    violations.push(...validatePortSettings(place, settings))
  })
  return violations
}

function validateTunnel(path: string, { protocol = '', targetHost, targetPort }: TunnelSettings): readonly Violation[] {
  const unknown = !['', 'CONNECT', 'POST'].includes(protocol)
  return [
    ...(unknown ? [violation(`${path}.protocol`, 'bad-protocol', `'${protocol}' is neither 'CONNECT' nor 'POST'`)] : []),
    ...(isIP(targetHost) === 0 ? checkFqdn(`${path}.targetHost`, targetHost) : []),
    ...checkPort(`${path}.targetPort`, targetPort),
  ]
}

/** What a valid rule should not say all the same. */
export function warnOfDestinationRule({ trafficPolicy, subsets }: DestinationRuleSpec): readonly Violation[] {
  const policies = [
    ...(trafficPolicy === undefined ? [] : [{ path: 'spec.trafficPolicy', policy: trafficPolicy }]),
    ...subsets.flatMap(({ trafficPolicy: policy }, i) =>
      policy === undefined ? [] : [{ path: `spec.subsets[${i}].trafficPolicy`, policy }],
    ),
  ]
  return policies.flatMap(({ path, policy }) =>
    policy.loadBalancer === undefined ? [] : warnOfLoadBalancer(`${path}.loadBalancer`, policy.loadBalancer, policy.outlierDetection),
  )
}

function hasSetting(settings: PortSettings): boolean {
  return [settings.loadBalancer, settings.connectionPool, settings.outlierDetection, settings.tls].some(part => part !== undefined)
}

function validatePortSettings(path: string, settings: PortSettings): readonly Violation[] {
  const { loadBalancer, connectionPool, outlierDetection, tls } = settings
  return [
    ...(loadBalancer === undefined ? [] : validateLoadBalancer(`${path}.loadBalancer`, loadBalancer)),
    ...(connectionPool === undefined ? [] : validateConnectionPool(`${path}.connectionPool`, connectionPool)),
    ...(outlierDetection === undefined ? [] : validateOutlierDetection(`${path}.outlierDetection`, outlierDetection)),
    ...(tls === undefined ? [] : validateClientTls(`${path}.tls`, tls)),
  ]
}
