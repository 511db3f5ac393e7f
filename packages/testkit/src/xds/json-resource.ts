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
