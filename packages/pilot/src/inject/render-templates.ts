import { err, ok, type Result } from '@meshwork/core/result'
import type { InjectionSettings } from './injection-settings.ts'
import { type Fields, textsOf } from './json.ts'
import type { RememberedYaml } from './remembered-yaml.ts'
import { strategicMerge } from './strategic-merge.ts'

/** Makes text of a template that was read once. Throws what templates throw. */
export type CompiledTemplate = (data: Fields) => string

/** The only thing injection knows of the template language. Throws for a text that is no template. */
export type CompileTemplate = (name: string, text: string) => CompiledTemplate

export const TEMPLATES_KEY = 'inject.istio.io/templates'
const MOST_TEMPLATES = 16

/** All templates of the settings, compiled; the error names the template and the place. */
export function compileTemplates(
  templates: Readonly<Record<string, string>>,
  compile: CompileTemplate,
): Result<ReadonlyMap<string, CompiledTemplate>, string> {
  const compiled = new Map<string, CompiledTemplate>()
  for (const [name, text] of Object.entries(templates)) {
    try {
      compiled.set(name, compile(name, text))
    } catch (thrown) {
      return err(`template ${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }
  return ok(compiled)
}

/** The templates that a pod gets, in order; the error names the one that there is not. */
export function chosenTemplates(metadata: Fields, settings: InjectionSettings): Result<readonly string[], string> {
  const wish = textsOf(metadata['annotations'])[TEMPLATES_KEY]
  const wished = wish === undefined || wish.trim() === '' ? settings.defaultTemplates : wish.split(',').map(name => name.trim())
  const names = wished.flatMap(name => settings.aliases[name] ?? [name])
  const unknown = names.find(name => settings.templates[name] === undefined)
  if (unknown === undefined && names.length <= MOST_TEMPLATES) return ok(names)
  const known = [...Object.keys(settings.templates), ...Object.keys(settings.aliases)].join(', ')
  const problem = unknown === undefined ? `more than ${MOST_TEMPLATES} templates` : `no template '${unknown}'`
  return err(`annotation ${TEMPLATES_KEY}: ${problem}; there are: ${known}`)
}

/** What the templates make of the data, one merged over the other: a pod in part. */
export function renderTemplates(
  names: readonly string[],
  compiled: ReadonlyMap<string, CompiledTemplate>,
  data: Fields,
  yaml: RememberedYaml,
): Result<Fields, string> {
  let pod: Fields = {}
  for (const name of names) {
    try {
      pod = strategicMerge(pod, asPod(yaml.read(compiled.get(name)?.(data) ?? '')))
    } catch (thrown) {
      return err(`template ${name}: ${thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)}`)
    }
  }
  return ok(pod)
}

/** Templates of Istio 1.0 make what belongs below `spec`. */
function asPod(part: Fields): Fields {
  return part['containers'] === undefined || part['spec'] !== undefined ? part : { spec: part }
}
