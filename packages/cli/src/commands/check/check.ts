import { KubeClient } from '@meshwork/kube/client'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { usage } from '../../command/values.ts'
import type { CheckResult } from '../../check/check.ts'
import { runChecks } from '../../check/checks.ts'
import { readCluster } from '../../check/read-cluster.ts'
import { KUBECONFIG_OPTION, kubeconfigFile } from '../../install/cluster-of-flags.ts'
import { NAMESPACE_OPTION } from '../install/value-options.ts'
import { ownVersion } from '../version.ts'
import { checkText, type CheckReport, summaryOf } from './check-text.ts'

interface CheckInput {
  readonly phase: 'pre' | 'post'
  readonly namespace: string
  readonly revision: string
  readonly kubeconfig: string | undefined
}

/** Of `meshctl check` alone: warnings are worth an exit code, and a script may take it for success. */
const EXIT_WARNINGS = 2

export const checkCommand: Command = command<CheckInput, CheckReport>({
  name: 'check',
  summary: 'is the cluster ready for the mesh, and is the mesh all right?',
  description:
    'Reads the cluster once and judges it by named checks, each with a code, a reason and a remedy. Changes nothing. Exit code 0: all is well; 1: something is broken; 2: there are warnings only.',
  args: [],
  options: [
    { flags: '--pre', summary: 'before an installation: version, rights, other owners, leftovers' },
    NAMESPACE_OPTION,
    { flags: '-r, --revision <name>', summary: 'of the control plane', default: 'default' },
    KUBECONFIG_OPTION,
  ],
  examples: [
    { line: 'meshctl check --pre', what: 'can the mesh be installed?' },
    { line: 'meshctl check', what: 'after the installation, in CI, and first of all when something is wrong' },
    { line: 'meshctl check -o json', what: 'for scripts: checks with outcome ok, warning, error or skipped' },
  ],
  resultKind: 'CheckReport',
  parse: values => {
    const namespace = values.text('namespace') ?? 'istio-system'
    const revision = values.text('revision') ?? 'default'
    if (!/^[a-z\d]([-a-z\d]{0,61}[a-z\d])?$/.test(namespace))
      throw usage(`'${namespace}' is no name of a namespace`, 'lower-case letters, digits and dashes')
    if (!/^[a-z\d]([-a-z\d]{0,55}[a-z\d])?$/.test(revision))
      throw usage(`'${revision}' is no name of a revision`, 'lower-case letters, digits and dashes')
    return { phase: values.flag('pre') ? 'pre' : 'post', namespace, revision, kubeconfig: values.text('kubeconfig') }
  },
  run: check,
  print: checkText,
  exitCode: ({ checks }) => {
    const { error, warning } = summaryOf(checks)
    return error > 0 ? EXIT.bad : warning > 0 ? EXIT_WARNINGS : EXIT.ok
  },
})

async function check({ phase, namespace, revision, kubeconfig }: CheckInput, context: CommandContext): Promise<CheckReport> {
  const client = KubeClient.fromFile(kubeconfigFile(kubeconfig, context))
  const { clock, io, json, style } = context
  // Lines that tell what is going on belong to the terminal, not to the answer.
  const progress = (what: string): void => (json ? undefined : io.err(style.dim(`reading ${what} of ${client.server}\n`)))
  const view = await readCluster(client, { namespace, revision, cliVersion: await ownVersion(), clock, progress })
  const checks: readonly CheckResult[] = runChecks(view, phase)
  return { phase, namespace, revision, server: client.server, kubernetes: view.api.version, summary: summaryOf(checks), checks }
}
