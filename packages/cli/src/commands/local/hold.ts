import type { CommandContext } from '../../command/command.ts'
import type { MeshState } from '../../local/state/mesh-state.ts'
import { watchRejections } from '../../mesh-api/rejections.ts'

/** Until Ctrl-C: says what the mesh refuses of the files that are edited meanwhile. */
export async function holdMesh({ controlPlane }: MeshState, context: CommandContext): Promise<void> {
  const { io, style, clock } = context
  await watchRejections(controlPlane.pilotDebug, clock, context.interrupted(), lines => {
    const kept =
      lines.length === 0
        ? `${style.good('+')} all configuration is accepted again\n`
        : `${style.warn('!')} refused; the last good version stays in force:\n`
    io.err(`${kept}${lines.map(line => `  ${line}\n`).join('')}`)
  })
}
