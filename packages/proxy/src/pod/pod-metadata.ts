/** Of the variables that become metadata of the node: `ISTIO_META_CLUSTER_ID` becomes `CLUSTER_ID`. */
const PREFIX = 'ISTIO_META_'
/** The same for objects, whose entries become metadata each by itself. */
const JSON_PREFIX = 'ISTIO_METAJSON_'

/** The metadata that variables of the environment say, as Istio's agent reads them. Objects that cannot be read are left out. */
export function metadataVariables(environment: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> {
  const metadata: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue
    if (name.startsWith(PREFIX)) metadata[name.slice(PREFIX.length)] = value
    else if (name.startsWith(JSON_PREFIX)) Object.assign(metadata, objectOf(value))
  }
  return metadata
}

function objectOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  } catch {
    return {}
  }
}
