import { analyze } from '@meshwork/config/analysis'
import { MeshError } from '@meshwork/core/result'
import { type Command, command, type CommandContext, type CommandSpec, type OptionSpec } from '../../command/command.ts'
import { nearest } from '../../command/nearest.ts'
import { usage } from '../../command/values.ts'
import { describePod, describeService } from '../../describe/describe-pod.ts'
import { type Fact, type Section, warning } from '../../describe/section.ts'
import type { Style } from '../../output/style.ts'
import type { MeshModel } from '../../trace/mesh-model.ts'
import { serviceFor } from '../../trace/outbound.ts'
import { findSource } from '../../trace/source.ts'
import type { Cite } from '../../trace/step.ts'
import { STATE_OPTION, stateDirOf } from '../local/state-option.ts'
import { loadModel } from '../trace-route/load-model.ts'

interface DescribeInput {
  readonly name: string
  readonly files: readonly string[]
  readonly stateDir: string
}

interface DescribeResult {
  readonly sections: readonly Section[]
  readonly assumed: readonly string[]
}

const OPTIONS: readonly OptionSpec[] = [
  { flags: '-f, --file <path>', summary: 'files or folders (default: the running local mesh, else the current folder)', repeatable: true },
  STATE_OPTION,
]

type Describer = (name: string, model: MeshModel, cite: Cite) => readonly Section[]

function describeCommand(
  what: string,
  text: Pick<CommandSpec<DescribeInput, DescribeResult>, 'summary' | 'examples'>,
  describer: Describer,
): Command {
  return command<DescribeInput, DescribeResult>({
    ...text,
    name: `describe ${what}`,
    args: [{ name: 'name', summary: `name of the ${what}, or name.namespace`, required: true }],
    options: OPTIONS,
    resultKind: 'Description',
    parse: values => {
      const name = values.argument(0)
      if (name === undefined) throw usage(`the name of a ${what} is needed`, `meshctl describe ${what} reviews`)
      return { name, files: values.list('file'), stateDir: stateDirOf(values) }
    },
    run: (input, context) => describe(input, context, describer),
    print: printSections,
  })
}

async function describe({ name, files, stateDir }: DescribeInput, context: CommandContext, describer: Describer): Promise<DescribeResult> {
  const { model, cite } = await loadModel(files, stateDir, context)
  const sections = describer(name, model, cite)
  const cited = new Set(sections.flatMap(({ facts }) => facts.flatMap(({ at }) => (at === undefined ? [] : [at.object]))))
  return { sections: [...sections, ...findingsAbout(cited, model, cite)], assumed: model.assumed }
}

/** What `analyze` says of the objects that take part. */
function findingsAbout(cited: ReadonlySet<string>, model: MeshModel, cite: Cite): readonly Section[] {
  const findings = analyze(model.objects, [])
  const facts = findings.flatMap(({ key, code, message, path }): readonly Fact[] => {
    const object = model.objects.find(({ kind, meta }) => kind === key?.kind && meta.name === key.name && meta.namespace === key.namespace)
    if (object === undefined) return []
    const at = cite(object, path)
    return cited.has(at.object) ? [warning(`${code} ${message}`, at)] : []
  })
  return facts.length === 0 ? [] : [{ title: 'Findings', facts }]
}

export const describeCommands: readonly Command[] = [
  describeCommand(
    'pod',
    {
      summary: 'what applies to a pod: services, routes, subsets, mutual TLS, policies, each with its line',
      examples: [
        { line: 'meshctl describe pod reviews-v1', what: 'in the mesh that runs here' },
        { line: 'meshctl describe pod reviews-v1.default -f k8s/', what: 'in files; the name of a Deployment will do' },
      ],
    },
    (name, model, cite) => {
      const { pod } = findSource(name, model)
      if (pod === undefined)
        throw new MeshError('UNKNOWN_WORKLOAD', `there is no pod '${name}'`, {
          source: 'config',
          nextStep: 'add its Deployment or Pod to the files',
        })
      return describePod(pod, model, cite)
    },
  ),
  describeCommand(
    'service',
    {
      summary: 'what applies to requests to a service: endpoints, routes, rules, each with its line',
      examples: [
        { line: 'meshctl describe service reviews', what: 'in the mesh that runs here' },
        { line: 'meshctl describe service api.shop -f k8s/', what: 'in files' },
      ],
    },
    (name, model, cite) => {
      const service = serviceFor(name, 'default', model)
      if (service !== undefined) return describeService(service, model, cite)
      const known = model.snapshot.registry.services.map(each => each.name)
      const guess = nearest(name, known)
      throw new MeshError('UNKNOWN_SERVICE', `there is no service '${name}'${guess === undefined ? '' : `, did you mean '${guess}'?`}`, {
        source: 'config',
        nextStep: known.length === 0 ? 'name files with Services: -f FOLDER' : `choose one of: ${known.join(', ')}`,
      })
    },
  ),
]

function printSections({ sections, assumed }: DescribeResult, style: Style): string {
  const notes = assumed.map(note => style.dim(`assumed: ${note}\n`)).join('')
  return notes + sections.map(({ title, facts }) => `${style.bold(title)}\n${facts.map(each => printFact(each, style)).join('')}`).join('')
}

function printFact({ text, at, details, warning: bad }: Fact, style: Style): string {
  const place = at === undefined ? '' : `  ${style.dim(`${at.file}:${at.line}`)}`
  return `  ${bad ? style.warn(`! ${text}`) : text}${place}\n${details.map(each => `      ${each}\n`).join('')}`
}
