import { type Command, command } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import type { RevisionValues } from '../../install/revision.ts'
import type { UpgradeFinding } from '../../install/behaviour-changes.ts'
import { planUpgrade, type UpgradePlan } from '../../install/upgrade-plan.ts'
import { renderTable } from '../../output/table.ts'
import type { Style } from '../../output/style.ts'
import { REVISION_OPTIONS, type RevisionInput, revisionInputOf, revisionNameOf, revisionPlaceOf } from '../revision/revision-options.ts'
import { START_OPTIONS } from './steps.ts'

interface PlanInput extends RevisionInput {
  readonly to: string | undefined
  readonly values: RevisionValues
}

export const upgradePlanCommand: Command = command<PlanInput, UpgradePlan>({
  name: 'upgrade plan',
  summary: 'what an upgrade to the version of this meshctl changes, and what stands in its way; changes nothing',
  description:
    'The cluster itself compares what would be applied with what is there. Every change of behaviour has a code. With --to it is the ' +
    'plan of an upgrade by a second control plane, without it of one in place. Exit code 1: something stands in the way.',
  args: [],
  options: [...START_OPTIONS, ...REVISION_OPTIONS.filter(({ flags }) => !flags.startsWith('--readiness'))],
  examples: [
    { line: 'meshctl upgrade plan --to 0-2-0', what: 'what would be different with a new control plane beside the old one' },
    { line: 'meshctl upgrade plan -o json', what: 'the same for scripts' },
  ],
  resultKind: 'UpgradePlan',
  parse: values => {
    const to = values.text('to')
    const given: RevisionValues = { files: values.list('values'), sets: values.list('set') }
    const revision = to === undefined ? undefined : revisionNameOf(to, '--to', 'meshctl upgrade plan --to 0-2-0')
    return { ...revisionInputOf(values), to: revision, values: given }
  },
  run: async (input, context) => planUpgrade(await revisionPlaceOf(input, context, true), input.to, input.values),
  print: planText,
  exitCode: ({ findings }) => (findings.some(({ level }) => level === 'error') ? EXIT.bad : EXIT.ok),
})

function planText({ namespace, from, fromVersion, to, toVersion, findings, namespaces }: UpgradePlan, style: Style): string {
  const way = to === null ? `${from} in place` : `${from} -> ${to}`
  const lines = [`${style.bold(`Upgrade of ${namespace}`)}: ${way}, version ${fromVersion} -> ${toVersion}\n`]
  lines.push(findings.length === 0 ? 'Nothing changes.\n' : findings.map(finding => findingText(finding, style)).join(''))
  if (namespaces.length > 0) {
    const rows = namespaces.map(each => [each.namespace, String(each.old + each.new)])
    lines.push(`Pods keep their sidecars until they are restarted:\n${renderTable(['NAMESPACE', 'PODS WITH A SIDECAR'], rows)}`)
  }
  const isBlocked = findings.some(({ level }) => level === 'error')
  const next = to === null ? 'meshctl upgrade' : `meshctl upgrade start --to ${to}`
  lines.push(isBlocked ? 'Something stands in the way: see ✘ above.\n' : `Nothing was changed. Next: ${next}\n`)
  return lines.join('\n')
}

function findingText({ code, level, title, details, remedy }: UpgradeFinding, style: Style): string {
  const mark = { error: style.bad('✘'), warning: style.warn('‼'), info: '·' }[level]
  const rest = details.map(line => `    ${line}\n`).join('')
  return `${mark} [${code}] ${title}\n${rest}    ${style.dim(remedy)}\n`
}
