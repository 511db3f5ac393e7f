import { encodeJson, type JsonValue } from '@meshwork/protos/json'
import { seal, type XdsResource } from '@meshwork/xds/types'

const PREFIX = 'type.googleapis.com/'

/** A resource from the JSON form in which people write bootstraps. Throws when it is not one of its type. */
export function jsonResource(typeUrl: string, name: string, json: object): XdsResource {
  const text: JsonValue = JSON.parse(JSON.stringify(json))
  const encoded = encodeJson(typeUrl.slice(PREFIX.length), text)
  if (encoded.kind === 'err') throw new Error(`${name}: ${JSON.stringify(encoded.error)}`)
  return seal(typeUrl, name, () => encoded.value)
}

/** Resources by type, for `TestControlPlane.set`; each is named as its JSON says. */
export function jsonResources(types: Readonly<Record<string, readonly object[]>>): ReadonlyMap<string, readonly XdsResource[]> {
  return new Map(Object.entries(types).map(([typeUrl, list]) => [typeUrl, list.map(json => jsonResource(typeUrl, nameOf(json), json))]))
}

function nameOf(json: object): string {
  if ('name' in json) return String(json.name)
  return 'cluster_name' in json ? String(json.cluster_name) : ''
}
