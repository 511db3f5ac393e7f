import { MeshError, messageOf } from '@meshwork/core/result'

/** Why an address could not be opened, for people. */
export function listenError(what: string, address: string, thrown: unknown): MeshError {
  const reason = messageOf(thrown)
  if (/EADDRINUSE|address already in use|No address added/i.test(reason)) {
    return new MeshError('PORT_IN_USE', `${address}, the address of ${what}, is in use`, {
      cause: thrown,
      nextStep: `stop the process that has it (find it with: ss -ltnp), or give ${what} another address`,
    })
  }
  return new MeshError('LISTEN_FAILED', `cannot open ${address} for ${what}: ${reason}`, {
    cause: thrown,
    nextStep: 'choose an address of this machine that you may open',
  })
}
