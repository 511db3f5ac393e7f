import { MeshError } from '@meshwork/core/result'
import { originalOf } from './go-view.ts'
import { type Fields, fieldsOf, itemsOf, scalarText, textsOf } from './json.ts'

/** What a template may call beside the functions that all templates have; names and arguments are those of Istio's templates. */
export const TEMPLATE_FUNCTIONS: Readonly<Record<string, (...values: readonly unknown[]) => unknown>> = {
  /** Of an object's metadata; the third is taken where the annotation is absent. */
  annotation: (meta, name, otherwise) => textsOf(fieldsOf(originalOf(meta))['annotations'])[String(name)] ?? scalarText(otherwise),
  isset: (map, key) => Object.hasOwn(fieldsOf(originalOf(map)), String(key)),
  valueOrDefault: (value, otherwise) => (value === '' || value === null || value === undefined ? otherwise : value),
  toJSON: json,
  structToJSON: json,
  protoToJSON: json,
  toJsonMap: (...pairs) => json(dictionary(pairs)),
  strdict: (...pairs) => dictionary(pairs),
  fromJSON: parsed,
  /** Durations are texts already. */
  formatDuration: duration => scalarText(duration),
  toLower: text => String(text).toLowerCase(),
  omitNil: map => Object.fromEntries(Object.entries(fieldsOf(map)).filter(([, value]) => value !== null && value !== undefined)),
  mergeMaps: (...maps) => Object.assign({}, ...maps.map(map => fieldsOf(map))) as Fields,
  /** Ports of all containers, or those listed. */
  applicationPorts: containers => declaredPorts(containers).join(','),
  includeInboundPorts: containers => declaredPorts(containers).join(','),
  /** The list with the proxy's own port, which must never go through the proxy. */
  excludeInboundPort: (port, list) => excluded(port, list),
}

/** Ports of the proxy that are asked from outside as they are. */
const OWN_PORTS: readonly string[] = ['15090', '15021']

function excluded(port: unknown, list: unknown): string {
  const theirs = scalarText(list)
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
  const own = [...OWN_PORTS, ...(Number(port) > 0 ? [String(port)] : [])]
  return [...new Set([...own, ...theirs])].join(',')
}

function declaredPorts(containers: unknown): readonly string[] {
  return itemsOf(originalOf(containers)).flatMap(container => itemsOf(container['ports']).map(({ containerPort }) => String(containerPort)))
}

function json(value: unknown): string {
  return JSON.stringify(originalOf(value)) ?? 'null'
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(scalarText(text)) as unknown
  } catch (cause) {
    throw new MeshError('TEMPLATE_FAILED', `fromJSON: '${scalarText(text)}' is not JSON`, { source: 'config', cause })
  }
}

function dictionary(pairs: readonly unknown[]): Fields {
  const map: Record<string, unknown> = {}
  for (let i = 0; i + 1 < pairs.length; i += 2) map[String(pairs[i])] = pairs[i + 1]
  return map
}
