import { err, ok, type Result } from '@meshwork/core/result'
import { parse } from 'yaml'
import type { InjectionPolicy } from './decide-injection.ts'
import { type Fields, fieldsOf, isFields, itemsOf, textOf, textsOf } from './json.ts'

/** Texts of the ConfigMap `istio-sidecar-injector`, and of the mesh's settings, as they are written. */
export interface InjectionTexts {
  /** Key `config`: policy, selectors, templates. */
  readonly config: string
  /** Key `values`: the values of the installation, which templates read. */
  readonly values: string
  /** The settings of the mesh (`mesh` of ConfigMap `istio`); empty: none. */
  readonly mesh: string
}

/** What pods are injected with. */
export interface InjectionSettings extends InjectionPolicy {
  /** By name; a pod chooses with the annotation inject.istio.io/templates. */
  readonly templates: Readonly<Record<string, string>>
  /** For pods that choose nothing. */
  readonly defaultTemplates: readonly string[]
  /** Names for several templates. */
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Given to every injected pod. */
  readonly injectedAnnotations: Readonly<Record<string, string>>
  readonly values: Fields
  /** MeshConfig with its fields as written. */
  readonly mesh: Fields
}

const LONGEST_TEXT = 1024 * 1024
const SIDECAR = 'sidecar'

/** The error names the text and what is wrong with it. */
export function parseInjectionSettings(texts: InjectionTexts): Result<InjectionSettings, string> {
  const [config, values, mesh] = [document('config', texts.config), document('values', texts.values), document('mesh', texts.mesh)]
  if (config.kind === 'err') return config
  if (values.kind === 'err') return values
  if (mesh.kind === 'err') return mesh
  const templates = templatesOf(config.value)
  if (Object.keys(templates).length === 0) return err('config: no templates')
  const defaultTemplates = names(config.value['defaultTemplates'])
  const aliases = Object.fromEntries(Object.entries(fieldsOf(config.value['aliases'])).map(([name, list]) => [name, names(list)]))
  const missing = defaultTemplates.find(name => templates[name] === undefined && aliases[name] === undefined)
  if (missing !== undefined) return err(`config: defaultTemplates names '${missing}', which is no template`)
  return ok({
    policy: textOf(config.value['policy']),
    neverInjectSelector: itemsOf(config.value['neverInjectSelector']),
    alwaysInjectSelector: itemsOf(config.value['alwaysInjectSelector']),
    templates,
    defaultTemplates: defaultTemplates.length > 0 ? defaultTemplates : [SIDECAR],
    aliases,
    injectedAnnotations: textsOf(config.value['injectedAnnotations']),
    values: values.value,
    mesh: mesh.value,
  })
}

/** `template` is the one of installations that know no other. */
function templatesOf(config: Fields): Readonly<Record<string, string>> {
  const templates = textsOf(config['templates'])
  const single = textOf(config['template'])
  return Object.keys(templates).length === 0 && single !== '' ? { [SIDECAR]: single } : templates
}

function document(name: string, text: string): Result<Fields, string> {
  if (text.length > LONGEST_TEXT) return err(`${name}: longer than ${LONGEST_TEXT} characters`)
  try {
    const value: unknown = parse(text) ?? {}
    return isFields(value) ? ok(value) : err(`${name}: not a mapping`)
  } catch (thrown) {
    return err(`${name}: ${thrown instanceof Error ? (thrown.message.split('\n')[0] ?? 'not YAML') : 'not YAML'}`)
  }
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}
