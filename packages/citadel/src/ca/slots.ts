import { type Certificate, chainPem, type Issuer } from '@meshwork/core/x509'

/** A certificate that signs for the mesh, and what links it to a root. */
export interface SigningAuthority extends Issuer {
  /** From the signer up, without the root; empty when the signer is the root. */
  readonly intermediates: readonly Certificate[]
  readonly root: Certificate
  /** Whom workloads trust beside `root`: a bundle that was plugged in may have several. */
  readonly otherRoots?: readonly Certificate[]
}

/**
 * The authority's keys by the part they play in a rotation: what is `prepared` is trusted before it signs,
 * what is `retired` is trusted until the last certificate below it has expired.
 */
export interface AuthoritySlots {
  readonly active: SigningAuthority
  readonly prepared: SigningAuthority | null
  readonly retired: readonly RetiredRoots[]
}

export interface RetiredRoots {
  readonly roots: readonly Certificate[]
  /** Milliseconds since the epoch. */
  readonly untilMs: number
}

/** All roots that come with an authority, its own first. */
export function rootsOf({ root, otherRoots = [] }: SigningAuthority): readonly Certificate[] {
  return [root, ...otherRoots]
}

/** All roots that workloads must trust now, the active one first. */
export function trustedRoots({ active, prepared, retired }: AuthoritySlots): readonly Certificate[] {
  const roots = [...rootsOf(active), ...(prepared === null ? [] : rootsOf(prepared)), ...retired.flatMap(each => each.roots)]
  return roots.filter((root, index) => roots.findIndex(other => other.der.equals(root.der)) === index)
}

export function trustedRootsPem(slots: AuthoritySlots): string {
  return chainPem(trustedRoots(slots))
}
