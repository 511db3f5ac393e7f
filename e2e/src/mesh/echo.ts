import type { EchoBody, Mesh, MeshReply, MeshRequest } from '../backend/mesh.ts'

/** What the echo application says that it received. Throws when the answer is not its. */
export function echoed(reply: MeshReply): EchoBody {
  if (reply.status === 0 || !reply.body.startsWith('{')) throw new Error(`no echo: status ${reply.status}, body ${reply.body}`)
  const body: EchoBody = JSON.parse(reply.body)
  return body
}

/** Who answered each of `count` requests: echo's name, or the status when a proxy answered. */
export async function answeredBy(mesh: Mesh, pod: string, request: MeshRequest, count: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (let turn = 0; turn < count; turn++) {
    const reply = await mesh.request(pod, request)
    const name = reply.headers['x-echo-name']
    const key = typeof name === 'string' ? name : String(reply.status)
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
