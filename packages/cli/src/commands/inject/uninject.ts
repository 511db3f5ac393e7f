import { type Command, command } from '../../command/command.ts'
import { usage } from '../../command/values.ts'
import { FILE_OPTION, readInput, reportText } from './inject-options.ts'
import type { InjectResult } from './inject.ts'
import { uninjectText } from './uninject-text.ts'

export const uninjectCommand: Command = command<{ readonly file: string }, InjectResult>({
  name: 'uninject',
  summary: 'takes the proxies out of the pods of a file',
  description:
    'What meshctl inject printed becomes exactly what it had read. Other injected objects, such as those of kubectl get -o yaml, lose what their annotation sidecar.istio.io/status names.',
  args: [],
  options: [FILE_OPTION],
  examples: [{ line: 'meshctl uninject -f injected.yaml', what: 'prints the file as it was' }],
  resultKind: 'Injection',
  parse: values => {
    const file = values.text('file')
    if (file === undefined) throw usage('name a file with -f', 'meshctl uninject --help')
    return { file }
  },
  run: async ({ file }, context) => {
    const { text: yaml, report } = uninjectText(await readInput(file, context.cwd), file === '-' ? 'standard input' : file)
    if (!context.json) context.io.err(reportText(report))
    return { yaml, report }
  },
  print: ({ yaml = '' }) => yaml,
})
