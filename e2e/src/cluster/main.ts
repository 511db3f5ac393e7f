// `npm run cluster -- up|down|status|load|kubectl`: real Kubernetes on this machine, in namespaces of its own.
import { spawnSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'

import { MeshError, messageOf } from '@meshwork/core/result'
import { Command } from 'commander'

import { clusterDown, clusterNetwork, clusterUp, listClusters, loadImage } from './cluster.ts'
import { clusterPrograms } from './cluster-programs.ts'
import { inNetworkOf } from './namespaces.ts'
import { prepareMachine } from './prepare-machine.ts'

interface Named {
  readonly name: string
}

const DEFAULT_NAME = 'mesh'
// Timers of the clock do not keep a process alive.
const alive = setInterval(() => undefined, 60_000)
const begin = performance.now()

function say(line: string): void {
  process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(5)} s  ${line}\n`)
}

async function up({ name }: Named): Promise<void> {
  await prepareMachine(say)
  const cluster = await clusterUp(name, say)
  say(`cluster ${name} is ready`)
  process.stdout.write(`${cluster.kubeconfig}\n`)
  process.stderr.write(`  next: npm run cluster -- kubectl --name ${name} get pods -A\n`)
}

async function build(): Promise<void> {
  await prepareMachine(say)
  say(`programs are in ${dirname((await clusterPrograms(say)).hyperkube)}`)
}

async function down({ name, all }: Named & { all?: boolean }): Promise<void> {
  const names = all === true ? listClusters().map(cluster => cluster.name) : [name]
  for (const each of names) say((await clusterDown(each)) ? `cluster ${each} is gone` : `there is no cluster ${each}`)
}

function status({ output }: { output: string }): void {
  const clusters = listClusters()
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(clusters)}\n`)
    return
  }
  if (clusters.length === 0) process.stdout.write('no cluster\n  next: npm run cluster -- up\n')
  for (const { name, nodes, apiServer, kubeconfig } of clusters) {
    const running = nodes.filter(node => node.running).length
    process.stdout.write(`${name}  ${running} of ${nodes.length} nodes run  ${apiServer}  ${kubeconfig}\n`)
  }
}

async function load(archive: string, { name }: Named): Promise<void> {
  if (!listClusters().some(each => each.name === name)) throw noCluster(name)
  await loadImage(await clusterUp(name, say), resolve(archive))
  say(`${archive} is in ${name}`)
}

function noCluster(name: string): MeshError {
  return new MeshError('NO_CLUSTER', `there is no cluster ${name}`, { nextStep: `npm run cluster -- up --name ${name}` })
}

async function kubectl(args: readonly string[], { name }: Named): Promise<void> {
  const cluster = listClusters().find(each => each.name === name)
  const network = clusterNetwork()
  if (cluster === undefined || network === undefined) throw noCluster(name)
  const { hyperkube } = await clusterPrograms(say)
  const [file = '', ...words] = [...inNetworkOf(network), hyperkube, 'kubectl', `--kubeconfig=${cluster.kubeconfig}`, ...args]
  process.exitCode = spawnSync(file, words, { stdio: 'inherit' }).status ?? 1
}

const program = new Command('npm run cluster --').description('real Kubernetes on this machine, for tests').enablePositionalOptions()
program.command('build').description('install and build what clusters are made of, without starting one').action(build)
program.command('up').description('bring a cluster up; prints its kubeconfig').option('--name <name>', 'name', DEFAULT_NAME).action(up)
program
  .command('down')
  .description('remove a cluster wholly')
  .option('--name <name>', 'name', DEFAULT_NAME)
  .option('--all', 'every cluster')
  .action(down)
program.command('status').description('clusters and their nodes').option('-o, --output <format>', 'text or json', 'text').action(status)
program
  .command('load <archive>')
  .description('put images of an archive into a cluster, which pods then take with imagePullPolicy Never')
  .option('--name <name>', 'name', DEFAULT_NAME)
  .action(load)
program
  .command('kubectl')
  .description('kubectl of a cluster, as administrator')
  .option('--name <name>', 'name', DEFAULT_NAME)
  .argument('[args...]')
  .passThroughOptions()
  .allowUnknownOption()
  .action(kubectl)

try {
  await program.parseAsync()
} catch (error) {
  const next = error instanceof MeshError && error.nextStep !== undefined ? `  next: ${error.nextStep}\n` : ''
  process.stderr.write(`cluster: ${messageOf(error)}\n${next}`)
  process.exitCode = 1
} finally {
  clearInterval(alive)
}
