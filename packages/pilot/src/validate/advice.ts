import { analyze, type Finding, RULES } from '@meshwork/config/analysis'
import { type ConfigObject, objectKeyText } from '@meshwork/config/kinds'
import { keyOf } from '@meshwork/config/source'

/** What the control plane knows when it is asked about one more object. */
export interface KnownMesh {
  /** By `objectKeyText`. */
  readonly objects: ReadonlyMap<string, ConfigObject>
  readonly clusterDomain: string
}

/** Codes of what an object says about itself: outdated fields, fields without effect. */
const OWN_CODES: ReadonlySet<string> = new Set(['IST0002', 'IST0133'])
const OWN_RULES = RULES.filter(({ code }) => OWN_CODES.has(code))

/** What `meshctl analyze` would say about the object if it were in force beside everything else. Pure. */
export function adviseInMesh(object: ConfigObject, { objects, clusterDomain }: KnownMesh): readonly Finding[] {
  const key = objectKeyText(keyOf(object))
  const placed = withAge(object, objects.get(key))
  const others = [...objects].filter(([each]) => each !== key).map(([, each]) => each)
  return graveFindings(placed, analyze([...others, placed], [], { clusterDomain }))
}

/** The same as far as the object alone tells. Pure. */
export function adviseAlone(object: ConfigObject): readonly Finding[] {
  return graveFindings(object, analyze([object], [], { rules: OWN_RULES }))
}

/** What is merely good to know is for whoever asks for an analysis. */
function graveFindings({ kind, meta }: ConfigObject, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    ({ key, severity }) => key?.kind === kind && key.namespace === meta.namespace && key.name === meta.name && severity !== 'info',
  )
}

/** In a conflict the older object wins: a changed one keeps its age, a new one is the youngest. */
function withAge(object: ConfigObject, before: ConfigObject | undefined): ConfigObject {
  const createdAt = before?.meta.createdAt ?? Number.MAX_SAFE_INTEGER
  return { ...object, meta: { ...object.meta, createdAt } }
}
