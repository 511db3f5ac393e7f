import type { Server } from 'node:tls'
import type { Clock } from '@meshwork/core/time'
import type { StaplePolicy } from '../model/tls.ts'
import type { ClientHello } from '../net/client-hello.ts'
import type { ServerCertificate } from './certificate-choice.ts'
import { type StapleAnswer, stapleAnswer } from './staple-policy.ts'

/** Who shakes hands with a client that asks for a staple. `server` null: no certificate may be shown to it. */
export interface StapleChoice {
  readonly answer: StapleAnswer
  readonly server: Server | null
}

type MakeServer = (certificate: ServerCertificate) => Server

const REFUSED: StapleChoice = { answer: 'refuse', server: null }

/**
 * Handshakes with clients that ask for OCSP staples. The staple belongs to one certificate, so the certificate is chosen here,
 * before the handshake; each has a server of its own, made when it is first wanted.
 */
export class StapleServers {
  private readonly policy: StaplePolicy
  private readonly clock: Clock
  private readonly make: MakeServer
  private readonly servers = new Map<ServerCertificate, Server>()

  constructor(policy: StaplePolicy, clock: Clock, make: MakeServer) {
    this.policy = policy
    this.clock = clock
    this.make = make
  }

  /** `candidates`: those for the client's server name, the better first. */
  choose(candidates: readonly ServerCertificate[], hello: ClientHello): StapleChoice {
    for (const certificate of inOrderFor(candidates, hello)) {
      const answer = this.answerWith(certificate)
      if (answer !== 'refuse') return { answer, server: this.serverOf(certificate) }
    }
    return REFUSED
  }

  private serverOf(certificate: ServerCertificate): Server {
    const known = this.servers.get(certificate)
    if (known !== undefined) return known
    const server = this.make(certificate)
    server.on('OCSPRequest', (_shown, _issuer, done) => {
      done(null, this.answerWith(certificate) === 'staple' ? (certificate.stapling.response?.bytes ?? NONE) : NONE)
    })
    this.servers.set(certificate, server)
    return server
  }

  private answerWith({ stapling }: ServerCertificate): StapleAnswer {
    return stapleAnswer(stapling, this.policy, this.clock.now())
  }
}

/** Node staples nothing for it. */
const NONE = Buffer.alloc(0)

/** ECDSA goes first with clients that know it. */
function inOrderFor(candidates: readonly ServerCertificate[], { knowsEcdsa }: ClientHello): readonly ServerCertificate[] {
  return candidates.toSorted((a, b) => Number(b.isEcdsa === knowsEcdsa) - Number(a.isEcdsa === knowsEcdsa))
}
