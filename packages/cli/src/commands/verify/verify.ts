import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { MeshError, messageOf } from '@meshwork/core/result'
import { parseYamlDocuments } from '@meshwork/template/yaml'
import { type Command, command, type CommandContext } from '../../command/command.ts'
import { EXIT } from '../../command/exit-codes.ts'
import { chartFolder, chartVersion } from '../../install/chart-folder.ts'
import { clusterOf, KUBECONFIG_OPTION } from '../../install/cluster-of-flags.ts'
import type { InstallCluster } from '../../install/install-cluster.ts'
import { type InstallRecord, readRecord } from '../../install/install-record.ts'
import { type KubeObject, kubeObjectOf } from '../../install/kube-object.ts'
import { renderInstall } from '../../install/render-install.ts'
import { verifyObjects, type VerifiedObject } from '../../install/verify-install.ts'
import type { Style } from '../../output/style.ts'
import { CHARTS_OPTION, NAMESPACE_OPTION, namespaceOf } from '../install/value-options.ts'

interface VerifyInput {
  readonly namespace: string
  readonly revision: string
  readonly charts: string | undefined
  readonly kubeconfig: string | undefined
  readonly file: string | undefined
}

interface VerifyResult {
  readonly namespace: string
  readonly objects: readonly VerifiedObject[]
}

/** What is as it should be. */
const FINE: readonly VerifiedObject['state'][] = ['same', 'foreign']

export const verifyCommand: Command = command<VerifyInput, VerifyResult>({
  name: 'verify',
  summary: 'are the objects of the mesh still what was installed?',
  description:
    'Renders the recorded installation again and asks the server what applying it would change; nothing is changed. Exit code 1 if an object is missing, differs, or is not rendered any more.',
  args: [],
  options: [
    NAMESPACE_OPTION,
    { flags: '-r, --revision <name>', summary: 'of the control plane', default: 'default' },
    { flags: '-f, --file <manifest>', summary: 'compare with these objects instead of the recorded installation' },
    CHARTS_OPTION,
    KUBECONFIG_OPTION,
  ],
  examples: [
    { line: 'meshctl verify', what: 'did anybody change the installation by hand?' },
    { line: 'meshctl verify -f mesh.yaml', what: 'of what Helm installed, after helm get manifest mesh > mesh.yaml' },
  ],
  resultKind: 'Verification',
  parse: values => ({
    namespace: namespaceOf(values),
    revision: values.text('revision') ?? 'default',
    charts: values.text('charts'),
    kubeconfig: values.text('kubeconfig'),
    file: values.text('file'),
  }),
  run: verify,
  print: verifyText,
  exitCode: ({ objects }) => (objects.every(({ state }) => FINE.includes(state)) ? EXIT.ok : EXIT.bad),
})

async function verify(input: VerifyInput, context: CommandContext): Promise<VerifyResult> {
  const cluster = clusterOf(input.kubeconfig, context)
  const { namespace, revision, file } = input
  if (file !== undefined) {
    const objects = objectsIn(resolve(context.cwd, file))
    return { namespace, objects: await verifyObjects(cluster, objects, { namespace, revision: undefined }) }
  }
  const rendered = await renderRecorded(cluster, input, context)
  return { namespace, objects: await verifyObjects(cluster, rendered, { namespace, revision }) }
}

async function renderRecorded(cluster: InstallCluster, input: VerifyInput, { cwd }: CommandContext): Promise<readonly KubeObject[]> {
  const kubeVersion = await cluster.version()
  const record = await readRecord(cluster, input.namespace, input.revision)
  if (record === undefined) throw nothingRecorded(input)
  const charts = chartFolder(input.charts === undefined ? undefined : resolve(cwd, input.charts))
  refuseOtherVersion(record, chartVersion(charts))
  const { version, profile, revision, given } = record
  return renderInstall({ charts, version, profile, namespace: input.namespace, revision, given, effective: given }, kubeVersion)
}

function nothingRecorded({ namespace, revision }: VerifyInput): MeshError {
  return new MeshError('NOT_INSTALLED', `meshctl has installed no revision ${revision} into ${namespace}`, {
    source: 'config',
    nextStep: 'name another with -n or --revision; of what Helm installed compare the manifest: meshctl verify -f',
  })
}

function refuseOtherVersion(record: InstallRecord, version: string): void {
  if (record.version === version) return
  throw new MeshError('VERSION_DIFFERS', `version ${record.version} is installed, and this meshctl renders ${version}`, {
    source: 'config',
    nextStep: `use meshctl ${record.version}, or upgrade the mesh: meshctl upgrade`,
  })
}

function objectsIn(file: string): readonly KubeObject[] {
  try {
    return parseYamlDocuments(readFileSync(file, 'utf8')).flatMap(document => kubeObjectOf(document) ?? [])
  } catch (cause) {
    throw new MeshError('MANIFEST_UNREADABLE', `${file}: ${messageOf(cause)}`, {
      source: 'config',
      cause,
      nextStep: 'name a file of YAML objects',
    })
  }
}

function verifyText({ objects }: VerifyResult, style: Style): string {
  const wrong = objects.filter(({ state }) => !FINE.includes(state))
  const lines = wrong.map(
    ({ object, state, changes }) => `${style.bad('✘')} ${object}: ${WORDS[state]}\n${changes.map(each => `    ${each}\n`).join('')}`,
  )
  const right = `${objects.length - wrong.length} of ${objects.length} objects are as installed`
  const advice = wrong.length === 0 ? '' : '\nmeshctl install with the same values brings them back\n'
  return `${lines.join('')}${wrong.length === 0 ? style.good('✔') : style.bad('✘')} ${right}\n${advice}`
}

const WORDS: Readonly<Record<VerifiedObject['state'], string>> = {
  same: 'as installed',
  missing: 'missing',
  changed: 'differs; applying would change',
  foreign: "somebody else's",
  extra: 'not part of the installation any more',
}
