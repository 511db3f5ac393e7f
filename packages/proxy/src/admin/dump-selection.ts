import { RE2JS } from 're2js'

type Section = Readonly<Record<string, unknown>>

/** Longest `name_regex` and `mask` that are used. */
const MAX_LENGTH = 1024

/** What `resource`, `mask` and `name_regex` choose of a configuration dump (Envoy's admin interface, `/config_dump`). */
export class DumpSelection {
  private readonly resource: string | null
  private readonly masks: readonly (readonly string[])[]
  private readonly name: RE2JS | null

  private constructor(resource: string | null, masks: readonly (readonly string[])[], name: RE2JS | null) {
    this.resource = resource
    this.masks = masks
    this.name = name
  }

  /** null: `name_regex` is no expression. */
  static of(query: URLSearchParams): DumpSelection | null {
    const name = query.get('name_regex')
    const mask = (query.get('mask') ?? '').slice(0, MAX_LENGTH)
    const masks = mask === '' ? [] : mask.split(',').map(path => path.split('.'))
    if (name === null) return new DumpSelection(query.get('resource'), masks, null)
    try {
      return new DumpSelection(query.get('resource'), masks, RE2JS.compile(name.slice(0, MAX_LENGTH)))
    } catch {
      return null
    }
  }

  /** Whole sections, or with `resource` the entries of that list. null: no section has such a list. */
  apply(sections: readonly Section[]): readonly unknown[] | null {
    const { resource } = this
    if (resource === null) return sections.map(section => this.masked(this.named(section)))
    const section = sections.find(each => Array.isArray(each[resource]))
    if (section === undefined) return null
    const entries = section[resource]
    return Array.isArray(entries) ? entries.filter(entry => this.isNamed(entry)).map(entry => this.masked(entry)) : null
  }

  private named(section: Section): Section {
    if (this.name === null) return section
    return Object.fromEntries(
      Object.entries(section).map(([key, value]) => [key, Array.isArray(value) ? value.filter(entry => this.isNamed(entry)) : value]),
    )
  }

  private isNamed(entry: unknown): boolean {
    return this.name === null || this.name.matcher(nameOf(entry)).matches()
  }

  private masked(value: unknown): unknown {
    return this.masks.length === 0 ? value : project(value, this.masks)
  }
}

/** An entry's own name, or that of the resource in it. */
function nameOf(entry: unknown): string {
  if (!isObject(entry)) return ''
  for (const value of [
    entry['name'],
    entry['cluster_name'],
    ...Object.values(entry).flatMap(each => (isObject(each) ? [each['name'], each['cluster_name']] : [])),
  ]) {
    if (typeof value === 'string') return value
  }
  return ''
}

/** The named fields only (google.protobuf.FieldMask), with the type; a mask goes through lists. */
function project(value: unknown, masks: readonly (readonly string[])[]): unknown {
  if (masks.some(mask => mask.length === 0)) return value
  if (Array.isArray(value)) return value.map(each => project(each, masks))
  if (!isObject(value)) return value
  const chosen: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(value)) {
    const deeper = masks.filter(([first]) => first === key).map(mask => mask.slice(1))
    if (deeper.length > 0) chosen[key] = project(each, deeper)
    else if (key === '@type') chosen[key] = each
  }
  return chosen
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
