import type { Severity } from './finding.ts'
import { RULES } from './rules.ts'

/** One code of `meshctl analyze -L`. */
export interface AnalysisCode {
  readonly code: string
  readonly name: string
  readonly severity: Severity
  readonly summary: string
  /** Why no rule looks for it: the input that is not there. Unset for codes that are looked for. */
  readonly missing?: string
}

/** Codes that no rule of the table has: of the engine itself, and those whose input does not exist here. */
const OTHERS: readonly AnalysisCode[] = [
  { code: 'IST0001', name: 'InternalError', severity: 'error', summary: 'a rule of the analysis itself failed' },
  { code: 'IST0106', name: 'SchemaValidationError', severity: 'error', summary: 'an object that the mesh refuses' },
  unavailable('IST0104', 'GatewayPortNotOnWorkload', 'warning', 'retired by Istio in favour of IST0162, which is looked for'),
  unavailable('IST0105', 'IstioProxyImageMismatch', 'warning', 'retired by Istio in favour of IST0158, which is looked for'),
  unavailable('IST0117', 'DeploymentRequiresServiceAssociated', 'warning', 'retired by Istio: a Deployment needs no Service'),
  unavailable('IST0119', 'JwtFailureDueToInvalidServicePortPrefix', 'warning', "retired with 1.0's Policy; IST0118 finds the port name"),
  unavailable('IST0122', 'InvalidRegexp', 'error', 'every regular expression is checked when an object is read, and reported as IST0106'),
  unavailable('IST0141', 'InsufficientPermissions', 'error', 'the rights of the user in a cluster'),
  unavailable('IST0142', 'UnsupportedKubernetesVersion', 'error', 'the version of an API server'),
  unavailable('IST0143', 'LocalhostListener', 'error', 'the open sockets of running pods'),
  unavailable('IST0156', 'UnsupportedGatewayAPIVersion', 'error', 'the Gateway API, which is not supported yet'),
  unavailable('IST0168', 'UnknownUpgradeCompatibility', 'warning', 'the version that an upgrade starts from'),
  unavailable('IST0169', 'UpdateIncompatibility', 'warning', 'the version that an upgrade starts from'),
  unavailable('IST0170', 'MultiClusterInconsistentService', 'warning', 'the objects of several clusters'),
  unavailable('IST0172', 'FutureUnsupportedGatewayAPIVersion', 'warning', 'the Gateway API, which is not supported yet'),
  unavailable('IST0175', 'UnrestrictedJwksFetch', 'warning', "the environment of the control plane's process"),
  unavailable('IST0176', 'UnsupportedGatewayAPIKindVersion', 'warning', 'the Gateway API, which is not supported yet'),
]

function unavailable(code: string, name: string, severity: Severity, missing: string): AnalysisCode {
  return { code, name, severity, summary: '', missing }
}

/** Every code, in order. */
export const CODES: readonly AnalysisCode[] = [
  ...RULES.filter(({ code }, i) => RULES.findIndex(each => each.code === code) === i).map(({ code, name, severity, summary }) => ({
    code,
    name,
    severity,
    summary,
  })),
  ...OTHERS,
].toSorted((a, b) => (a.code < b.code ? -1 : 1))
