import { type Command, command, type CommandContext } from '../../command/command.ts'
import { usage, type Values } from '../../command/values.ts'
import type { Style } from '../../output/style.ts'
import { parseRequest, type TracedRequest } from '../../trace/request.ts'
import { findSource } from '../../trace/source.ts'
import type { Step } from '../../trace/step.ts'
import { traceRequest, type TracedWay } from '../../trace/trace.ts'
import { STATE_OPTION, stateDirOf } from '../local/state-option.ts'
import { loadModel } from './load-model.ts'
import { printSteps, printWays } from './print-trace.ts'

interface TraceInput {
  readonly source: string
  readonly request: TracedRequest
  readonly files: readonly string[]
  readonly stateDir: string
}

interface TraceResult {
  readonly source: string
  readonly request: string
  /** Where the configuration is from. */
  readonly configuration: string
  readonly assumed: readonly string[]
  readonly steps: readonly Step[]
  readonly ways: readonly TracedWay[]
}

export const traceRouteCommand: Command = command<TraceInput, TraceResult>({
  name: 'trace-route',
  summary: 'why a request goes where it goes: each decision with the line that made it; sends nothing',
  description:
    'Computes what the proxies of both sides would be given, with the translation of the control plane itself, and follows a request through it: listener, virtual host, route, cluster, endpoint, mutual TLS, policies. Each decision cites file and line; rules that did not match say why. Works on files alone, or on the local mesh that runs.',
  args: [
    { name: 'words', summary: "from WORKLOAD to URL; WORKLOAD 'gateway' is a client outside of the mesh", variadic: true, required: true },
  ],
  options: [
    {
      flags: '-f, --file <path>',
      summary: 'files or folders (default: the running local mesh, else the current folder)',
      repeatable: true,
    },
    { flags: '-X, --method <method>', summary: 'method of the request', default: 'GET' },
    { flags: '-H, --header <header>', summary: 'header as name=value', repeatable: true },
    STATE_OPTION,
  ],
  examples: [
    { line: 'meshctl trace-route from productpage to http://reviews:9080/', what: 'in the mesh that runs here' },
    { line: 'meshctl trace-route -f k8s/ from web to http://api/users -X POST -H end-user=jason', what: 'in files, nothing needs to run' },
    { line: 'meshctl trace-route -f k8s/ from gateway to http://shop.example.com/cart', what: 'from outside of the mesh' },
  ],
  resultKind: 'Trace',
  parse: parseValues,
  run,
  print: printTrace,
})

function parseValues(values: Values): TraceInput {
  const words = values.arguments(0).filter(word => word !== 'from' && word !== 'to')
  const [source, url, ...rest] = words
  if (source === undefined || url === undefined || rest.length > 0)
    throw usage('a workload and a URL are needed', 'meshctl trace-route from productpage to http://reviews:9080/')
  return {
    source,
    request: parseRequest(url, values.text('method') ?? 'GET', values.list('header')),
    files: values.list('file'),
    stateDir: stateDirOf(values),
  }
}

async function run({ source, request, files, stateDir }: TraceInput, context: CommandContext): Promise<TraceResult> {
  const { model, cite, from } = await loadModel(files, stateDir, context)
  const found = findSource(source, model)
  return {
    source: found.title,
    request: `${request.method} ${request.scheme}://${request.host}:${request.port}${request.path}`,
    configuration: from,
    assumed: model.assumed,
    ...traceRequest(found, request, model, cite),
  }
}

function printTrace({ source, request, configuration, assumed, steps, ways }: TraceResult, style: Style): string {
  const notes = assumed.map(note => style.dim(`assumed: ${note}\n`)).join('')
  return `${style.bold(request)} from ${source}, by ${configuration}\n${notes}\n${printSteps(steps, style)}${printWays(ways, style)}`
}
