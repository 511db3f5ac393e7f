import { type ConfigObject, isKind, type ObjectOf } from '@meshwork/config/kinds'
import type { Violation } from '@meshwork/core/result'
import { type AdapterInfo, compileInstance, encodeParams, isRecord, type Template } from '../encode/index.ts'
import {
  type AttributeTypes,
  compileExpression,
  FUNCTION_TABLE,
  type Language,
  languageOf,
  parseExpression,
  parseValueType,
  type Program,
  type ValueType,
} from '../lang/index.ts'
import { qualifiedName, referenceCandidates } from './resource-name.ts'
import type { ActionSpec, ConfigProblem, HandlerSpec, InstanceSpec, ProblemKind, RuleSpec, Snapshot } from './snapshot.ts'

export interface SnapshotOptions {
  /** Attributes that need no manifest. */
  readonly attributes: AttributeTypes
  readonly adapters: ReadonlyMap<string, AdapterInfo>
  readonly templates: ReadonlyMap<string, Template>
  /** Where the adapters run that configuration names without an address: by adapter name. */
  readonly adapterAddresses: ReadonlyMap<string, string>
}

function nameOf(object: ConfigObject): string {
  return qualifiedName(object.meta.name, object.kind, object.meta.namespace)
}

/** The parameters of an object whose kind is an adapter or a template. */
function shortParams({ spec }: ConfigObject): Readonly<Record<string, unknown>> {
  return isRecord(spec) && isRecord(spec['params']) ? spec['params'] : {}
}

class Builder {
  readonly problems: ConfigProblem[] = []
  private readonly objects: readonly ConfigObject[]
  private readonly options: SnapshotOptions

  constructor(objects: readonly ConfigObject[], options: SnapshotOptions) {
    this.objects = objects
    this.options = options
  }

  build(): Snapshot {
    const attributes = this.attributes()
    const language = languageOf(attributes, FUNCTION_TABLE)
    const handlers = byName(this.objects.flatMap(object => this.handler(object)))
    const instances = byName(this.objects.flatMap(object => this.instance(object, language)))
    const rules = this.objects.flatMap(object => (isKind(object, 'rule') ? this.rule(object, language, handlers, instances) : []))
    return { attributes, handlers, instances, rules, problems: this.problems }
  }

  private report(kind: ProblemKind, object: ConfigObject, path: string, message: string): void {
    this.problems.push({ kind, resource: nameOf(object), path, message, origin: object.origin })
  }

  private violated(kind: ProblemKind, object: ConfigObject, violation: Violation): readonly [] {
    this.report(kind, object, violation.path, violation.message)
    return []
  }

  /** The first manifest that declares a name decides; one that disagrees is a problem (mixer.md 10.1). */
  private attributes(): AttributeTypes {
    const types = new Map<string, ValueType>()
    for (const object of this.objects) {
      if (!isKind(object, 'attributemanifest')) continue
      for (const [name, { valueType }] of Object.entries(object.spec.attributes)) {
        const type = parseValueType(valueType)
        const before = types.get(name)
        const path = `spec.attributes.${name}`
        if (type === undefined) this.report('attribute', object, path, `'${valueType}' is not a value type`)
        else if (before !== undefined && before !== type)
          this.report('attribute', object, path, `is ${type} here but ${before} in another manifest`)
        else types.set(name, type)
      }
    }
    return new Map([...this.options.attributes, ...types])
  }

  /** The general kind, or a short one: then the kind is the adapter and the whole spec its parameters. */
  private handler(object: ConfigObject): readonly HandlerSpec[] {
    if (isKind(object, 'handler')) {
      const { adapter, compiledAdapter, connection, params } = object.spec
      return this.handlerOf(object, adapter ?? compiledAdapter ?? '', params, connection)
    }
    return this.options.adapters.has(object.kind) ? this.handlerOf(object, object.kind, shortParams(object), undefined) : []
  }

  private handlerOf(
    object: ConfigObject,
    adapterName: string,
    params: Readonly<Record<string, unknown>>,
    connection: ObjectOf<'handler'>['spec']['connection'],
  ): readonly HandlerSpec[] {
    const adapter = this.options.adapters.get(adapterName.split('.', 1)[0] ?? '')
    if (adapter === undefined) {
      this.report(
        'handler',
        object,
        'spec.adapter',
        `there is no adapter '${adapterName}' (known: ${[...this.options.adapters.keys()].join(', ')})`,
      )
      return []
    }
    const address = connection?.address ?? this.options.adapterAddresses.get(adapter.name)
    if (address === undefined || address === '') {
      this.report(
        'handler',
        object,
        'spec.connection',
        `the address of adapter '${adapter.name}' is not known: set connection.address or start with --adapter ${adapter.name}=HOST:PORT`,
      )
      return []
    }
    const encoded = encodeParams(adapter, params)
    if (encoded.kind === 'err') return this.violated('handler', object, encoded.error)
    return [{ name: nameOf(object), adapter, address, timeoutMs: connection?.timeoutMs, params: encoded.value }]
  }

  private instance(object: ConfigObject, language: Language): readonly InstanceSpec[] {
    if (isKind(object, 'instance')) {
      const { template, compiledTemplate, params } = object.spec
      return this.instanceOf(object, template ?? compiledTemplate ?? '', params, language)
    }
    return this.options.templates.has(object.kind) ? this.instanceOf(object, object.kind, shortParams(object), language) : []
  }

  private instanceOf(
    object: ConfigObject,
    templateName: string,
    params: Readonly<Record<string, unknown>>,
    language: Language,
  ): readonly InstanceSpec[] {
    const template = this.options.templates.get(templateName.split('.', 1)[0] ?? '')
    if (template === undefined) {
      this.report(
        'instance',
        object,
        'spec.template',
        `there is no template '${templateName}' (known: ${[...this.options.templates.keys()].join(', ')})`,
      )
      return []
    }
    const name = nameOf(object)
    const encoder = compileInstance(template, name, params, language)
    return encoder.kind === 'err' ? this.violated('instance', object, encoder.error) : [{ name, template, encoder: encoder.value }]
  }

  private rule(
    object: ObjectOf<'rule'>,
    language: Language,
    handlers: ReadonlyMap<string, HandlerSpec>,
    instances: ReadonlyMap<string, InstanceSpec>,
  ): readonly RuleSpec[] {
    const { match, actions } = object.spec
    const program = match.trim() === '' ? undefined : this.match(object, match, language)
    const resolved = actions.flatMap((action, index) => {
      const path = `spec.actions[${index}]`
      const handler = this.resolve(object, 'handler', action.handler, `${path}.handler`, handlers)
      return handler === undefined ? [] : this.action(object, handler, action.instances, path, instances)
    })
    if (program === 'broken' || resolved.length === 0) return []
    return [{ name: nameOf(object), namespace: object.meta.namespace, matchText: match.trim(), match: program, actions: resolved }]
  }

  private match(object: ObjectOf<'rule'>, text: string, language: Language): Program | 'broken' {
    const parsed = parseExpression(text)
    const program = parsed.kind === 'err' ? parsed : compileExpression(parsed.value, language)
    if (program.kind === 'ok' && program.value.type === 'BOOL') return program.value
    const reason =
      program.kind === 'err' ? program.error.message : `expression '${text}' has type ${program.value.type}, expected type BOOL`
    this.report('rule', object, 'spec.match', reason)
    return 'broken'
  }

  private action(
    object: ObjectOf<'rule'>,
    handler: HandlerSpec,
    references: readonly string[],
    path: string,
    instances: ReadonlyMap<string, InstanceSpec>,
  ): readonly ActionSpec[] {
    const used = new Map<string, InstanceSpec>()
    for (const [index, reference] of references.entries()) {
      const at = `${path}.instances[${index}]`
      const instance = this.resolve(object, 'instance', reference, at, instances)
      if (instance === undefined) continue
      if (used.has(instance.name)) this.report('rule', object, at, `instance '${instance.name}' stands twice in this action`)
      else if (!handler.adapter.templates.includes(instance.template.name)) {
        this.report('rule', object, at, `adapter '${handler.adapter.name}' does not take instances of template '${instance.template.name}'`)
      } else used.set(instance.name, instance)
    }
    return used.size === 0 ? [] : [{ handler, instances: [...used.values()] }]
  }

  private resolve<T>(
    object: ObjectOf<'rule'>,
    kind: 'handler' | 'instance',
    reference: string,
    path: string,
    known: ReadonlyMap<string, T>,
  ): T | undefined {
    const candidates = referenceCandidates(reference, kind, object.meta.namespace)
    const found = candidates.map(name => known.get(name)).find(value => value !== undefined)
    if (found === undefined)
      this.report('rule', object, path, `${kind} '${reference}' does not exist or is invalid (looked for ${candidates.join(' and ')})`)
    return found
  }
}

function byName<T extends { readonly name: string }>(specs: readonly T[]): ReadonlyMap<string, T> {
  return new Map(specs.map(spec => [spec.name, spec]))
}

/** Resolves all references. What is wrong is left out and reported; the rest goes live (mixer.md 3.2). */
export function buildSnapshot(objects: readonly ConfigObject[], options: SnapshotOptions): Snapshot {
  return new Builder(objects, options).build()
}
