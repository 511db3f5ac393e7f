import { type Delimiters, TemplateSet } from '@meshwork/template/engine'
import type { CompiledTemplate } from './render-templates.ts'
import { TEMPLATE_FUNCTIONS } from './template-functions.ts'

/** Far more than any pod has; a template is input like any other. */
const LIMITS = { outputCharacters: 512 * 1024, iterations: 20_000, depth: 50, sourceCharacters: 1024 * 1024 }
/** Of Istio 1.0, whose configuration was a template of Helm as well. */
const SQUARE: Delimiters = { left: '[[', right: ']]' }

/** Reads a template once; throws the engine's error, which names the place. */
export function compileTemplate(name: string, text: string): CompiledTemplate {
  const set = new TemplateSet({
    functions: TEMPLATE_FUNCTIONS,
    limits: LIMITS,
    ...(!text.includes('{{') && text.includes('[[') && { delimiters: SQUARE }),
  })
  set.add(name, text)
  return data => set.render(name, data)
}
