import { getJson } from './get-json.ts'
import { asList, asObject, asText, at } from './json-reader.ts'

/** `file:line` of the objects that pilot has, by the path that resources name in `metadata.filter_metadata.istio.config`. */
export type ObjectOrigins = ReadonlyMap<string, string>

export async function objectOrigins(pilotDebug: string): Promise<ObjectOrigins> {
  return readObjectOrigins(await getJson('pilot', `http://${pilotDebug}/debug/configz`))
}

export function readObjectOrigins(answer: unknown): ObjectOrigins {
  return new Map(
    asList(answer).map(object => {
      const { kind, meta, origin } = asObject(object)
      const key = `${dashed(asText(kind))}/${asText(at(meta, 'namespace'))}/${asText(at(meta, 'name'))}`
      return [key, `${asText(at(origin, 'file'))}:${asText(at(origin, 'line'))}`]
    }),
  )
}

/**
 * Where the object of `path` was written: `/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews`
 * names the VirtualService reviews of namespace default. The path itself if that is not known.
 */
export function resolveOrigin(path: string, origins: ObjectOrigins): string {
  const [, namespace = '', kind = '', name = ''] = /\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? []
  return origins.get(`${kind}/${namespace}/${name}`) ?? path
}

/** `VirtualService` is `virtual-service` in paths. */
function dashed(kind: string): string {
  return kind.replaceAll(/(?<=[a-z])[A-Z]/g, letter => `-${letter}`).toLowerCase()
}
