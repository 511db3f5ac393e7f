import { MeshError } from '@meshwork/core/result'
import { type Fields, isFields } from '@meshwork/pilot/inject'
import { parse, type ParseOptions, type SchemaOptions, stringify } from 'yaml'
import { listItems, type WorkloadObject, workloadObject } from './workload-template.ts'
import { type YamlDocument, yamlDocuments } from './yaml-documents.ts'

/** What happened to an object that makes pods. */
export interface ReportLine {
  /** `deployment/shop` */
  readonly object: string
  readonly action: 'injected' | 'skipped' | 'uninjected'
  /** In words; empty where there is nothing to say. */
  readonly reason: string
  readonly warnings: readonly string[]
}

/** A workload's new pod, or undefined: it stays as it is. */
export interface Change {
  readonly pod: Fields | undefined
  readonly report: ReportLine
}

export interface ChangedText {
  readonly text: string
  readonly report: readonly ReportLine[]
}

/** YAML 1.1, where `0644` is octal and `on` a boolean, but without times and dates. */
const AS_KUBECTL: ParseOptions & SchemaOptions & { readonly version: '1.1' } = {
  version: '1.1',
  customTags: tags =>
    tags.filter(tag => typeof tag === 'string' || !/timestamp|TIME/.test(`${tag.tag} ${'format' in tag ? String(tag.format) : ''}`)),
}

/** `change` is asked for each object that makes pods; `written` says how a changed document is written, as YAML. */
export interface TextChange {
  readonly source: string
  readonly change: (workload: WorkloadObject, line: number) => Change
  /** A whole document, before it is read; undefined: read it. */
  readonly known?: (document: YamlDocument) => ChangedText | undefined
  readonly written: (document: YamlDocument, yaml: string) => string
}

/** Documents without a change stay byte by byte as they are. Throws INPUT_INVALID with file and line for what is no YAML. */
export function changeText(text: string, options: TextChange): ChangedText {
  const parts = yamlDocuments(text).map(document => options.known?.(document) ?? changeDocument(document, options))
  return { text: parts.map(part => part.text).join(''), report: parts.flatMap(part => part.report) }
}

function changeDocument(document: YamlDocument, options: TextChange): ChangedText {
  const { separator, body, line } = document
  const object = parsedDocument(document, options.source)
  const report: ReportLine[] = []
  const changed = isFields(object) ? changeObject(object, line, options, report) : undefined
  if (changed === undefined) return { text: separator + body, report }
  const yaml = stringify(changed, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false })
  return { text: separator + options.written(document, yaml), report }
}

/** undefined: nothing changed. */
function changeObject(object: Fields, line: number, options: TextChange, report: ReportLine[]): Fields | undefined {
  const items = listItems(object)
  if (items !== undefined) {
    const changed = items.map(item => changeObject(item, line, options, report))
    return changed.some(item => item !== undefined) ? { ...object, items: changed.map((item, i) => item ?? items[i]) } : undefined
  }
  const workload = workloadObject(object)
  if (workload === undefined) return undefined
  const { pod, report: told } = options.change(workload, line)
  report.push(told)
  return pod === undefined ? undefined : workload.with(pod)
}

function parsedDocument({ separator, body, line }: YamlDocument, source: string): unknown {
  try {
    return parse(body, { ...AS_KUBECTL, maxAliasCount: 100 }) as unknown
  } catch (error) {
    const [message = 'no YAML'] = (error instanceof Error ? error.message : String(error)).split('\n')
    const reason = message.replace(/ at line (\d+), column (\d+):?$/, (_, row: string, column: string) => {
      return ` (line ${Number(row) + line - 1 + (separator === '' ? 0 : 1)}, column ${column})`
    })
    throw new MeshError('INPUT_INVALID', `${source}: document at line ${line}: ${reason}`, {
      source: 'config',
      nextStep: 'correct the file and run it again',
    })
  }
}
