import { ANNOTATIONS, problemOfValue } from '@meshwork/config/analysis'
import { checkProxyConfig } from './check-proxy-config.ts'
import { type Fields, isFields, parsedFields, textsOf } from './json.ts'

/** What the annotations of a pod would do to its injection. */
export interface AnnotationFindings {
  /** `annotation NAME: …` for each that cannot be followed: the pod is refused, because it would get something other than it asks for. */
  readonly problems: readonly string[]
  /** For each that nobody follows. */
  readonly warnings: readonly string[]
}

const USER_VOLUME = 'sidecar.istio.io/userVolume'
const USER_VOLUME_MOUNT = 'sidecar.istio.io/userVolumeMount'
export const PROXY_CONFIG = 'proxy.istio.io/config'

/** Prefixes that belong to injection; what stands below them and is in no table is a mistake. */
const OURS = /^(?:traffic\.|status\.|readiness\.status\.)?sidecar\.istio\.io\/|^(?:proxy|inject)\.istio\.io\//
/** They speak to Envoy or to a channel that there is not. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'sidecar.istio.io/agentLogLevel',
  'sidecar.istio.io/bootstrapOverride',
  'sidecar.istio.io/componentLogLevel',
  'sidecar.istio.io/controlPlaneAuthPolicy',
  'sidecar.istio.io/enableCoreDump',
  'sidecar.istio.io/extraStatTags',
  'sidecar.istio.io/statsCompression',
  'sidecar.istio.io/statsHistogramBuckets',
  'sidecar.istio.io/statsInclusionPrefixes',
  'sidecar.istio.io/statsInclusionRegexps',
  'sidecar.istio.io/statsInclusionSuffixes',
  'traffic.sidecar.istio.io/kubevirtInterfaces',
  'traffic.sidecar.istio.io/excludeInterfaces',
  'istio.io/reroute-virtual-interfaces',
])
const LONGEST_VALUE = 64 * 1024
const IMAGE = /^[\w.:/@-]{1,512}$/

/** Reads all annotations that injection follows, of Istio 1.0 and of today. */
export function checkAnnotations(metadata: Fields): AnnotationFindings {
  const found = Object.entries(textsOf(metadata['annotations'])).map(([name, value]) => findingsOf(name, value))
  return { problems: found.flatMap(({ problems }) => problems), warnings: found.flatMap(({ warnings }) => warnings) }
}

function findingsOf(name: string, value: string): AnnotationFindings {
  const problem = problemOf(name, value)
  if (problem !== undefined) return { problems: [`annotation ${name}: ${problem}`], warnings: [] }
  if (name === PROXY_CONFIG) {
    const { problems, unknown } = checkProxyConfig(value)
    const named = (text: string): string => `annotation ${name}: ${text}`
    return { problems: problems.map(named), warnings: unknown.map(named) }
  }
  if (WITHOUT_EFFECT.has(name)) return { problems: [], warnings: [`annotation ${name} has no effect here`] }
  const isNobodys = OURS.test(name) && ANNOTATIONS[name] === undefined
  return { problems: [], warnings: isNobodys ? [`annotation ${name}: no such annotation; nobody reads it`] : [] }
}

function problemOf(name: string, value: string): string | undefined {
  // What the decision makes of these is its own business: all other values mean no.
  if (name === 'sidecar.istio.io/inject' || name === 'sidecar.istio.io/status') return undefined
  if (OURS.test(name) && value.length > LONGEST_VALUE) return `is longer than ${LONGEST_VALUE} characters`
  if (name === 'sidecar.istio.io/proxyImage' && !IMAGE.test(value)) return `'${value}' is not the name of an image`
  if (name === USER_VOLUME) return problemOfNamed(value, 'volumes')
  if (name === USER_VOLUME_MOUNT) return problemOfNamed(value, 'mounts')
  const kind = ANNOTATIONS[name]?.value
  return kind === undefined ? undefined : problemOfValue(kind, value)
}

/** Templates range over these by name. */
function problemOfNamed(text: string, what: string): string | undefined {
  const named = parsedFields(text)
  return named !== undefined && Object.values(named).every(isFields) ? undefined : `is not JSON of ${what} by name: {"name": {…}}`
}
