import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runCommand } from '@meshwork/testkit/net'
import type { Cluster } from '../cluster/cluster.ts'
import { hasOwnNetwork, inNetworkOf, until } from '../cluster/namespaces.ts'

const ECHO = fileURLToPath(new URL('../apps/echo.ts', import.meta.url))
/** A network of the node and the machine only; no cluster uses it for pods or services. */
const [NODE_SIDE, ADDRESS] = ['192.168.231.1', '192.168.231.2']
const LINK = 'machine0'
const START_MS = 30_000

/** A machine outside of a cluster, which its pods reach by way of their node. An echo serves on its port 8080. */
export class Machine implements AsyncDisposable {
  readonly address: string = ADDRESS
  private readonly child: ChildProcess

  private constructor(child: ChildProcess) {
    this.child = child
  }

  static async start({ nodePid }: Cluster, name: string): Promise<Machine> {
    const env = { ...process.env, HOST: '0.0.0.0', PORT: '8080', ECHO_NAME: name }
    const child = spawn('unshare', ['--net', '--', process.execPath, ECHO], { env, stdio: 'ignore' })
    const machine = new Machine(child)
    try {
      const { pid } = child
      await until('the network of a machine', () => pid !== undefined && hasOwnNetwork(pid), START_MS)
      await connect(nodePid, pid ?? 0)
      return machine
    } catch (error) {
      await machine[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Its end of the link goes with it, and so does the other. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill('SIGKILL')
    await once(this.child, 'exit')
  }
}

async function connect(nodePid: number, pid: number): Promise<void> {
  const link = `link add ${LINK} type veth peer name eth0 netns ${pid}`
  await batch(nodePid, [link, `link set ${LINK} up`, `address add ${NODE_SIDE}/30 dev ${LINK}`])
  await batch(pid, ['link set lo up', 'link set eth0 up', `address add ${ADDRESS}/30 dev eth0`, `route add default via ${NODE_SIDE}`])
}

function batch(pid: number, lines: readonly string[]): Promise<string> {
  return runCommand([...inNetworkOf(pid), 'ip', '-batch', '-'], `${lines.join('\n')}\n`)
}
